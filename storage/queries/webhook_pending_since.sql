-- Messages that rows which came into the outbox since a time are about, as they are now, if they are still to be sent.
SELECT subscription, message_id, notice, type, queued_at, place, next_at, state, attempts, status, error, seconds, revision
FROM deliveries FINAL
WHERE (subscription, message_id) GLOBAL IN
(
    SELECT subscription, message_id FROM deliveries WHERE stored_at > fromUnixTimestamp64Micro(%(since)s)
) AND state = 'pending'
ORDER BY queued_at, place
