-- Moves, deletions, restorations and hidden revisions of some wikis: what the page log folds.
SELECT * EXCEPT (received_at)
FROM facts
WHERE kind = 'log' AND log_type IN ('move', 'delete', 'suppress') AND wiki IN %(wikis)s
