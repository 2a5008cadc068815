-- The facts of the external table ids(event_id), but for edits: those are told by what they did.
SELECT * EXCEPT (received_at)
FROM facts
WHERE kind != 'edit' AND event_id IN (SELECT event_id FROM ids)
