-- Subscriptions, the oldest first; or only the one of an id.
SELECT id, program, campaign, kinds, format, url, state, ended_because, secret, former_secret, former_until, created_at, created_by, version
FROM webhook_subscriptions FINAL
WHERE %(id)s = '' OR id = %(id)s
ORDER BY created_at, id
