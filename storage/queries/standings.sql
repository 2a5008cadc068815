-- The board of a program: everybody with a contribution.
SELECT * EXCEPT (program, version)
FROM standings FINAL
WHERE program = %(program)s AND (edits > 0 OR uploads > 0)
