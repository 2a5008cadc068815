-- How many contributions users of the external table have.
SELECT user, count()
FROM contributions FINAL
WHERE program = %(program)s AND verdict = 'counted' AND user IN (SELECT user FROM users)
GROUP BY user
