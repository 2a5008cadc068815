-- What the folds of some wikis need: moves, deletions, restorations, visibility, and tags that decide something.
SELECT * EXCEPT (received_at)
FROM facts
WHERE wiki IN %(wikis)s
  AND (
    (kind = 'log' AND log_type IN ('move', 'delete', 'suppress', 'visibility'))
    OR (kind = 'tags' AND (match(arrayStringConcat(tags, '|'), %(tags)s) OR match(params, %(tags)s)))
  )
