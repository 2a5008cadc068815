-- How much was done on the wikis of the external table wikis(wiki) in a stretch of time, by accounts.
SELECT count()
FROM facts
WHERE (kind = 'edit' OR (kind = 'log' AND log_type = 'upload' AND log_action = 'upload'))
  AND user != ''
  AND occurred_at >= toDateTime(%(start)s, 'UTC') AND occurred_at < toDateTime(%(end)s, 'UTC')
  AND wiki IN (SELECT wiki FROM wikis)
