-- The events behind a position, in order. Where two ever claimed a position, the first counts.
SELECT position, program, version, kind, payload, actor, reason, event_id, recorded_at
FROM program_events
WHERE position > %(after)s
ORDER BY position, stored_at
LIMIT 1 BY position
