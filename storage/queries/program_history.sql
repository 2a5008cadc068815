-- The events of a program of the given visibilities behind a version of it, in order. Where two ever claimed a position, the first counts.
SELECT position, program, version, kind, payload, actor, reason, event_id, recorded_at
FROM (SELECT * FROM program_events ORDER BY position, stored_at LIMIT 1 BY position)
WHERE program = %(program)s AND version > %(after)s AND program IN (
    SELECT slug FROM programs FINAL WHERE slug = %(program)s AND status = 'active' AND visibility IN %(visibilities)s
)
ORDER BY position
