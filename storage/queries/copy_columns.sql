-- Columns of all tables that hold rows, by table, with what these are sorted by.
SELECT substring(tables.name, 1, length(tables.name) - length(%(suffix)s)), columns.name, type, sorting_key, is_in_partition_key
FROM system.columns AS columns
INNER JOIN system.tables AS tables ON tables.database = columns.database AND tables.name = columns.table
WHERE tables.database = currentDatabase() AND engine LIKE '%%MergeTree' AND endsWith(tables.name, %(suffix)s)
  AND default_kind NOT IN ('ALIAS', 'MATERIALIZED')
ORDER BY tables.name, position
