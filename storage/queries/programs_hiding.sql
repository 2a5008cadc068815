-- Programs in which somebody hides, or hid, their name.
SELECT DISTINCT program
FROM program_events
WHERE program IN %(programs)s AND position(payload, 'hidden') > 0
