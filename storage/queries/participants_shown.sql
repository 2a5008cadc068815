-- Who is shown in programs.
SELECT program, user, team, member, hidden, pseudonym, since, until
FROM participants FINAL
WHERE program IN %(programs)s
