-- Titles of user pages that may be somebody's.
SELECT DISTINCT wiki, title
FROM ledger
WHERE namespace IN (2, 3) AND arrayExists(name -> position(title, concat(':', name)) > 0, %(names)s)
