ALTER TABLE programs${local}
UPDATE definition = transform(slug, %(slugs)s, %(definitions)s, definition)
WHERE slug IN %(slugs)s
SETTINGS mutations_sync = 2
