-- How much there is in each table, for doctor.
SELECT name, ifNull(total_rows, 0), ifNull(total_bytes, 0)
FROM system.tables
WHERE database = currentDatabase() AND engine LIKE '%%MergeTree'
ORDER BY name
