ALTER TABLE alerts${local}
UPDATE title = transform((wiki, title), %(before)s, %(after)s, title)
WHERE (wiki, title) IN %(before)s
SETTINGS mutations_sync = 2
