-- All tokens, the oldest first; or only the one of a digest.
SELECT name, role, digest, created_at, created_by, programs, campaigns, expires, revoked_at
FROM tokens FINAL
WHERE %(digest)s = '' OR digest = %(digest)s
ORDER BY created_at, name
