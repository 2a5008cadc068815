-- The version of its program that each program's books are complete for, by partition of the wikis.
SELECT slug, of, partition, version FROM judged FINAL
