-- How many merges are going on.
SELECT count() FROM system.merges
