-- Category changes of the categories of the external table pages(wiki, title).
SELECT * EXCEPT (received_at)
FROM facts
WHERE kind = 'categorize'
  AND title IN (SELECT title FROM pages)
  AND (wiki, title) IN (SELECT wiki, title FROM pages)
