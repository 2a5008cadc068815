ALTER TABLE contributions${local}
UPDATE title = transform((wiki, title), %(before)s, %(after)s, title)
WHERE namespace IN (2, 3) AND (wiki, title) IN %(before)s
SETTINGS mutations_sync = 2
