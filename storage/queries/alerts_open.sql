-- The open alerts of these kinds, of all programs.
SELECT * EXCEPT (gone)
FROM alerts FINAL
WHERE kind IN %(kinds)s AND state = 'open'
