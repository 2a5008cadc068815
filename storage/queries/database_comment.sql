-- What a database says of itself.
SELECT comment FROM system.databases WHERE name = %(name)s
