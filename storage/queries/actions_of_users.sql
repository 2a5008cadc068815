-- What the users of the external table users(user) did on the wikis of a share in a stretch of time.
SELECT * EXCEPT (received_at)
FROM facts
WHERE (kind = 'edit' OR (kind = 'log' AND log_type = 'upload' AND log_action = 'upload'))
  AND user IN (SELECT user FROM users)
  AND occurred_at >= toDateTime(%(start)s, 'UTC') AND occurred_at < toDateTime(%(end)s, 'UTC')
  AND bitAnd(kafkaMurmurHash(wiki), 2147483647) %% %(of)s IN %(partitions)s
