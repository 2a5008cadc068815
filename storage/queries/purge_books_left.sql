-- What the books of the external table keys(program, user) still tell of, by wiki.
SELECT DISTINCT program, user, wiki
FROM contributions FINAL
WHERE (program, user) IN (SELECT program, user FROM keys)
