-- Tables of a database that have rows, but for what it says of itself.
SELECT name
FROM system.tables
WHERE database = %(database)s AND engine LIKE '%%MergeTree' AND total_rows > 0 AND name NOT IN %(but)s
ORDER BY name
