-- Accounts made in a stretch of time, of those named in names(user) and of those in the books of a program of the
-- given visibilities, or of a campaign's programs.
SELECT user, registered_at, min(seen_at)
FROM registrations
WHERE registered_at >= %(since)s AND registered_at < %(until)s
  AND (
    user IN (SELECT user FROM names)
    OR user IN (
        SELECT user
        FROM standings
        WHERE program IN (
            SELECT slug
            FROM programs FINAL
            WHERE status = 'active' AND visibility IN %(visibilities)s
              AND (slug = %(program)s OR (has(campaigns, %(campaign)s) AND visibility != 'private'))
        )
    )
  )
GROUP BY user, registered_at
