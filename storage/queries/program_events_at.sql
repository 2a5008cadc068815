-- Whose event stands in a position.
SELECT event_id FROM program_events WHERE position = %(position)s ORDER BY stored_at LIMIT 1
