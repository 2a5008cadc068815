-- Facts of renamings that name somebody.
SELECT *, cityHash64(user, title, comment, page, params) AS fingerprint
FROM facts
WHERE kind = 'log' AND log_type IN ('renameuser', 'gblrename')
  AND arrayExists(name -> position(params, name) > 0, %(needles)s)
