-- The newest lines of a program's ledger, of one user or one revision if asked for; not of the external table kept(user).
SELECT *
FROM ledger FINAL
WHERE program = %(program)s
  AND (%(user)s = '' OR user = %(user)s)
  AND (%(rev_id)s = 0 OR (wiki = %(wiki)s AND rev_id = %(rev_id)s AND kind = 'edit'))
  AND user NOT IN (SELECT user FROM kept)
ORDER BY version DESC, wiki, kind, rev_id, user
LIMIT %(most)s
