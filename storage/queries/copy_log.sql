-- The log of program events, row by row. Where two ever claimed a position, the first counts.
SELECT position, program, version, kind, payload, actor, reason, event_id, toUnixTimestamp64Micro(recorded_at)
FROM program_events
ORDER BY position, stored_at
LIMIT 1 BY position
