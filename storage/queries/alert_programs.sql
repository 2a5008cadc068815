-- Which programs of the given visibilities have alerts about a page, or that concern a user.
SELECT DISTINCT program
FROM alerts FINAL
WHERE (%(wiki)s = '' OR (wiki = %(wiki)s AND title = %(title)s))
  AND (%(anybody)s OR hasAny(users, %(users)s))
  AND program IN (SELECT slug FROM programs FINAL WHERE status = 'active' AND visibility IN %(visibilities)s)
