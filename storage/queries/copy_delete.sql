-- Take out some buckets of a table.
DELETE FROM $table WHERE $bucket IN %(buckets)s
