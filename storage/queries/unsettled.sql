-- Changes of parts that are still under way.
SELECT count() FROM system.mutations WHERE database = currentDatabase() AND NOT is_done
