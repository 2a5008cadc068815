-- How much there is in each table of a server, for doctor.
SELECT replaceOne(name, '_local', '') AS stored, ifNull(total_rows, 0), ifNull(total_bytes, 0)
FROM system.tables
WHERE database = currentDatabase() AND engine LIKE '%%MergeTree'
