-- Actions at the titles of the external table pages(wiki, title), for judging them again.
SELECT * EXCEPT (received_at)
FROM facts
WHERE (kind = 'edit' OR (kind = 'log' AND log_type = 'upload' AND log_action = 'upload'))
  AND title IN (SELECT title FROM pages)
  AND (wiki, title) IN (SELECT wiki, title FROM pages)
