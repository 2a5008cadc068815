-- All facts that may name somebody: by who acted, or in their texts.
SELECT *, cityHash64(user, title, comment, page, params) AS fingerprint
FROM facts
WHERE user IN %(all_names)s
  OR arrayExists(
    name -> position(title, concat(':', name)) > 0
        OR position(page, name) > 0
        OR position(replaceAll(comment, '_', ' '), name) > 0
        OR position(params, name) > 0,
    %(needles)s
  )
