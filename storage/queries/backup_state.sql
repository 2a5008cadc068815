-- How a backup or a restoration is doing.
SELECT toString(status), error FROM system.backups WHERE id = %(id)s
