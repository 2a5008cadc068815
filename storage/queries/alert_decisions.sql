-- What was decided about alerts of the programs of the external table asked(program), in order. Where two ever claimed
-- a position, the first counts.
SELECT program, kind, payload, recorded_at, actor
FROM (SELECT * FROM program_events ORDER BY position, stored_at LIMIT 1 BY position)
WHERE kind IN ('alert_acknowledged', 'alert_muted', 'alert_unmuted') AND program IN (SELECT program FROM asked)
ORDER BY position
