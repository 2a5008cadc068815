-- Bytes on disk of each column of the facts.
SELECT name, data_compressed_bytes
FROM system.columns
WHERE database = currentDatabase() AND table = 'facts'
ORDER BY data_compressed_bytes DESC
