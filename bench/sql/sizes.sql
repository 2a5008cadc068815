-- Rows, bytes on disk and parts of each table.
SELECT table, sum(rows), sum(bytes_on_disk), count()
FROM system.parts
WHERE active AND database = currentDatabase() AND rows > 0
GROUP BY table
ORDER BY sum(bytes_on_disk) DESC
