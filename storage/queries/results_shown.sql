-- The names of a program's frozen results, the newest first, if it is of the given visibilities.
SELECT name
FROM results FINAL
WHERE program IN (
    SELECT slug FROM programs FINAL WHERE slug = %(program)s AND status = 'active' AND visibility IN %(visibilities)s
)
ORDER BY frozen_at DESC, name
