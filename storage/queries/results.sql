-- The frozen results of a program of the given visibilities, the newest first; `name` "": all of them.
SELECT name, as_of, frozen_at, board, digest
FROM results FINAL
WHERE program IN (
    SELECT slug FROM programs FINAL WHERE slug = %(program)s AND status = 'active' AND visibility IN %(visibilities)s
) AND (%(name)s = '' OR name = %(name)s)
ORDER BY frozen_at DESC, name
