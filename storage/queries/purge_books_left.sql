-- Which of the books of the external table keys(program, user) still say anything.
SELECT DISTINCT program, user
FROM contributions FINAL
WHERE (program, user) IN (SELECT program, user FROM keys)
