-- Tables with rows, and views, of a database.
SELECT name, engine LIKE '%%MergeTree' AS table
FROM system.tables
WHERE database = currentDatabase() AND (engine LIKE '%%MergeTree' OR engine LIKE '%%View')
ORDER BY name
