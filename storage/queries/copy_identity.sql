-- What tells a database from every other.
SELECT toString(uuid) FROM system.databases WHERE name = currentDatabase()
