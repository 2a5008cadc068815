-- changed_programs
-- Programs about which something was decided behind a position; the version and the position that this led to.
SELECT program, max(version), max(position) FROM program_events WHERE position > %(after)s GROUP BY program
