-- All that the books of the external table keys(program, user) say.
SELECT * EXCEPT (version, gone)
FROM contributions FINAL
WHERE (program, user) IN (SELECT program, user FROM keys)
