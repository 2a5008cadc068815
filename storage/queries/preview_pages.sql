-- How many contributions pages of the external table have.
SELECT wiki, title, count()
FROM contributions FINAL
WHERE program = %(program)s AND verdict = 'counted' AND (wiki, title) IN (SELECT wiki, title FROM pages)
GROUP BY wiki, title
