-- What a backup that was made of this store consists of.
SELECT tables FROM backups FINAL WHERE id = %(id)s
