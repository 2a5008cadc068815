-- The newest of what the users of the external table users(user) did in a stretch of time.
SELECT * EXCEPT (received_at)
FROM facts
WHERE (kind = 'edit' OR (kind = 'log' AND log_type = 'upload' AND log_action = 'upload'))
  AND user IN (SELECT user FROM users)
  AND occurred_at >= toDateTime(%(start)s, 'UTC') AND occurred_at < toDateTime(%(end)s, 'UTC')
ORDER BY occurred_at DESC
LIMIT %(most)s
