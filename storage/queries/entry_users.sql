-- Who is in a program's books, and with how many entries.
SELECT user, count() FROM contributions FINAL WHERE program = %(program)s GROUP BY user ORDER BY user
