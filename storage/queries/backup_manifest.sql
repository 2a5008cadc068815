-- What the newest backup tells of itself.
SELECT id, base, began_at, wikitally, clickhouse, migration, tables
FROM backups FINAL
ORDER BY began_at DESC
LIMIT 1
