-- The events of programs, in order. Where two ever claimed a position, the first counts.
SELECT program, version, kind, payload, actor, reason, event_id, recorded_at
FROM (SELECT * FROM program_events ORDER BY position, stored_at LIMIT 1 BY position)
WHERE program IN %(programs)s
ORDER BY position
