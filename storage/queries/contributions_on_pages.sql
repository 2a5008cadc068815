-- What was done for these programs on the pages of the external table pages(wiki, title).
SELECT program, wiki, title, user, verdict, occurred_at
FROM contributions FINAL
WHERE program IN %(programs)s
  AND title IN (SELECT title FROM pages)
  AND (wiki, title) IN (SELECT wiki, title FROM pages)
