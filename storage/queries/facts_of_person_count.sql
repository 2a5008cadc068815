-- How many facts may name somebody.
SELECT count()
FROM facts
WHERE user IN %(all_names)s
  OR arrayExists(
    name -> position(title, concat(':', name)) > 0
        OR position(page, name) > 0
        OR position(replaceAll(comment, '_', ' '), name) > 0
        OR position(params, name) > 0,
    %(needles)s
  )
