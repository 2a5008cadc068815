-- Edits of a stretch of time on some wikis, by some users (none named: by all): a program's slice of the log.
SELECT * EXCEPT (received_at)
FROM facts
WHERE kind = 'edit'
  AND occurred_at >= toDateTime(%(start)s, 'UTC') AND occurred_at < toDateTime(%(end)s, 'UTC')
  AND wiki IN (SELECT wiki FROM wikis)
  AND (%(everyone)s OR user IN (SELECT user FROM users))
