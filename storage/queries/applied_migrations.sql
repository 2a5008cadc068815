-- Numbered scripts that made the schema, with their checksums.
SELECT toUInt32(version), argMax(md5, created_at)
FROM schema_versions
GROUP BY version
