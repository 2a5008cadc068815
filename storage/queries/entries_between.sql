-- All that a program's books say of the users from one name to another.
SELECT * EXCEPT (version, gone)
FROM contributions FINAL
WHERE program = %(program)s AND user >= %(first)s AND user <= %(last)s
