-- Replace boards of frozen results. It is said of each when.
ALTER TABLE results${local}
UPDATE
    board = transform((program, name), %(keys)s, %(boards)s, board),
    digest = transform((program, name), %(keys)s, %(digests)s, digest),
    redacted_at = now64(6)
WHERE (program, name) IN %(keys)s
SETTINGS mutations_sync = 2
