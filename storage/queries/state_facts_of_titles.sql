-- What the folds need of the titles of the external table pages(title) of one wiki, and of these revisions.
SELECT * EXCEPT (received_at)
FROM facts
WHERE wiki = %(wiki)s
  AND (
    (kind = 'log' AND log_type IN ('move', 'delete', 'suppress', 'visibility')
        AND (title IN (SELECT title FROM pages) OR page IN (SELECT title FROM pages)))
    OR (kind = 'tags' AND title IN (SELECT title FROM pages))
  )
