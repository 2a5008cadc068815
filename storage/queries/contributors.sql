-- Who is in the books of a program of the given visibilities, the first who did something first.
SELECT user
FROM contributions FINAL
WHERE program IN (
    SELECT slug FROM programs FINAL WHERE slug = %(program)s AND status = 'active' AND visibility IN %(visibilities)s
)
GROUP BY user
ORDER BY min((occurred_at, wiki, rev_id))
