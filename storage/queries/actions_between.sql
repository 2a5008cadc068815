-- Actions of a stretch of time by the users from one name to another: a piece of a program's slice of the log.
SELECT * EXCEPT (received_at)
FROM facts
WHERE (kind = 'edit' OR (kind = 'log' AND log_type = 'upload' AND log_action = 'upload'))
  AND user >= %(first)s AND user <= %(last)s
  AND occurred_at >= toDateTime(%(start)s, 'UTC') AND occurred_at < toDateTime(%(end)s, 'UTC')
  AND wiki IN (SELECT wiki FROM wikis)
  AND (%(everyone)s OR user IN (SELECT user FROM users))
