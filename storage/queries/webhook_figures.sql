-- By subscription: messages to be sent, dead letters, and how the last attempt went.
SELECT subscription, sum(pending), sum(dead), max(last_at), max(last_status), max(last_error), max(failures)
FROM
(
    SELECT
        subscription,
        countIf(state = 'pending') AS pending,
        countIf(state = 'dead') AS dead,
        toDateTime64(0, 6, 'UTC') AS last_at,
        0 AS last_status,
        '' AS last_error,
        0 AS failures
    FROM deliveries FINAL
    GROUP BY subscription
    UNION ALL
    SELECT
        subscription,
        0,
        0,
        max(at),
        argMax(status, at),
        argMax(toString(error), at),
        countIf(error != '' AND at > now() - INTERVAL 1 DAY)
    FROM delivery_attempts FINAL
    GROUP BY subscription
)
GROUP BY subscription
