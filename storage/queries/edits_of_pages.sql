-- Edits made at the titles of the external table pages(wiki, title), for judging them again.
SELECT * EXCEPT (received_at)
FROM facts
WHERE kind = 'edit'
  AND title IN (SELECT title FROM pages)
  AND (wiki, title) IN (SELECT wiki, title FROM pages)
