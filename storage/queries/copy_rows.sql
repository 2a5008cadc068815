-- The rows of some buckets of a table.
SELECT $read
FROM $table FINAL
WHERE $bucket IN %(buckets)s
SETTINGS do_not_merge_across_partitions_select_final = 1, max_block_size = $rows_at_once
