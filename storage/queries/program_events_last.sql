-- The position of the newest event; 0: there is none.
SELECT max(position) FROM program_events
