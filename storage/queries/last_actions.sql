-- The last thing that each user of the external table users(user) did, on any wiki.
SELECT * EXCEPT (received_at)
FROM facts
WHERE (kind = 'edit' OR (kind = 'log' AND log_type = 'upload' AND log_action = 'upload'))
  AND user IN (SELECT user FROM users)
ORDER BY user, occurred_at DESC
LIMIT 1 BY user
LIMIT %(most)s
