-- Accounts made in a stretch of time, of those named in names(user).
SELECT user, registered_at, min(seen_at)
FROM registrations
WHERE registered_at >= %(since)s AND registered_at < %(until)s AND user IN (SELECT user FROM names)
GROUP BY user, registered_at
