-- Messages of a subscription in one of these states, the newest first; or only the one of an id.
SELECT subscription, message_id, notice, type, queued_at, place, next_at, state, attempts, status, error, seconds, revision
FROM deliveries FINAL
WHERE subscription = %(subscription)s AND state IN %(states)s AND (%(message)s = '' OR message_id = %(message)s)
ORDER BY queued_at DESC, place DESC
LIMIT %(most)s
