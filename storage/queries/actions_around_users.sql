-- What the users of the external table users(user) did last before a stretch of time, and first after it.
(
    SELECT * EXCEPT (received_at)
    FROM facts
    WHERE (kind = 'edit' OR (kind = 'log' AND log_type = 'upload' AND log_action = 'upload'))
      AND user IN (SELECT user FROM users)
      AND occurred_at < toDateTime(%(start)s, 'UTC')
    ORDER BY occurred_at DESC
    LIMIT 1
)
UNION ALL
(
    SELECT * EXCEPT (received_at)
    FROM facts
    WHERE (kind = 'edit' OR (kind = 'log' AND log_type = 'upload' AND log_action = 'upload'))
      AND user IN (SELECT user FROM users)
      AND occurred_at >= toDateTime(%(end)s, 'UTC')
    ORDER BY occurred_at
    LIMIT 1
)
