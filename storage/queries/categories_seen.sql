-- Those of the categories of the external table pages(wiki, title) of which any change was read.
SELECT DISTINCT wiki, title
FROM facts
WHERE kind = 'categorize'
  AND title IN (SELECT title FROM pages)
  AND (wiki, title) IN (SELECT wiki, title FROM pages)
