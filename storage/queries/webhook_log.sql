-- The newest attempts of a subscription.
SELECT message_id, type, at, attempt, status, error, seconds
FROM delivery_attempts FINAL
WHERE subscription = %(subscription)s
ORDER BY at DESC
LIMIT %(most)s
