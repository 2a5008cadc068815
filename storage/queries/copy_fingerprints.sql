-- What each bucket of a table holds: how many rows, and a hash of them in any order.
SELECT toString($bucket) AS bucket, count(), sum(cityHash64(tuple($compared)))
FROM $table FINAL
GROUP BY bucket
SETTINGS do_not_merge_across_partitions_select_final = 1
