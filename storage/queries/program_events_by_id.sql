-- Who decided what, of the events of the external table ids(event_id).
SELECT event_id, kind, actor, reason, version, recorded_at
FROM program_events
WHERE event_id IN (SELECT event_id FROM ids)
ORDER BY position, stored_at
LIMIT 1 BY position
