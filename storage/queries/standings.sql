-- The board of a program of the given visibilities: everybody with a contribution.
SELECT * EXCEPT (program, version)
FROM standings FINAL
WHERE program IN (
    SELECT slug FROM programs FINAL WHERE slug = %(program)s AND status = 'active' AND visibility IN %(visibilities)s
) AND (edits > 0 OR uploads > 0)
