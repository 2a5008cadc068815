-- The alerts of these kinds, of the programs of the external table programs(program).
SELECT * EXCEPT (gone)
FROM alerts FINAL
WHERE kind IN %(kinds)s AND program IN (SELECT program FROM programs)
