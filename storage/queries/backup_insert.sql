-- Let a store say that it is being backed up; the backup of this row is the last of it.
INSERT INTO backups (id, base, began_at, wikitally, clickhouse, migration, tables)
SELECT %(id)s, %(base)s, %(began_at)s, %(wikitally)s, version(), max(version), %(tables)s
FROM schema_versions
