-- The oldest messages that are still to be sent, so many of each subscription; or of one only.
SELECT subscription, message_id, notice, type, queued_at, place, next_at, state, attempts, status, error, seconds, revision
FROM deliveries FINAL
WHERE state = 'pending' AND (%(subscription)s = '' OR subscription = %(subscription)s)
ORDER BY subscription, queued_at, place
LIMIT %(most)s BY subscription
