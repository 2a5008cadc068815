-- Who acted in a stretch of time on some wikis, and how often: the size of a program's slice of the log.
SELECT user, count()
FROM facts
WHERE (kind = 'edit' OR (kind = 'log' AND log_type = 'upload' AND log_action = 'upload'))
  AND user != ''
  AND occurred_at >= toDateTime(%(start)s, 'UTC') AND occurred_at < toDateTime(%(end)s, 'UTC')
  AND wiki IN (SELECT wiki FROM wikis)
  AND (%(everyone)s OR user IN (SELECT user FROM users))
GROUP BY user
ORDER BY user
