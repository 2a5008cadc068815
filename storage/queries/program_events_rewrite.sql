-- Let events say something else: the one time that the log is not only appended to.
ALTER TABLE program_events${local}
UPDATE
    payload = transform(event_id, %(ids)s, %(payloads)s, payload),
    actor = transform(event_id, %(ids)s, %(actors)s, actor),
    reason = transform(event_id, %(ids)s, %(reasons)s, reason)
WHERE event_id IN %(ids)s
SETTINGS mutations_sync = 2
