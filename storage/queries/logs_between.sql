-- Log entries that bring revisions of their own, in a stretch of time of a wiki.
SELECT * EXCEPT (received_at)
FROM facts
WHERE kind = 'log' AND log_type IN ('move', 'upload', 'import', 'protect') AND wiki = %(wiki)s
  AND occurred_at >= toDateTime(%(start)s, 'UTC') AND occurred_at <= toDateTime(%(end)s, 'UTC')
ORDER BY occurred_at
LIMIT %(most)s
