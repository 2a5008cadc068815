-- Programs that the users of the external table users(user) contributed to on a wiki.
SELECT DISTINCT program, wiki, user
FROM standings FINAL
WHERE user IN (SELECT user FROM users) AND (edits > 0 OR uploads > 0)
