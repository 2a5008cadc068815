ALTER TABLE signals${local}
UPDATE
    user = if(has(%(own)s, user), '', user),
    detail = if(match(detail, %(pattern)s), '', detail)
WHERE has(%(own)s, user) OR match(detail, %(pattern)s)
SETTINGS mutations_sync = 2
