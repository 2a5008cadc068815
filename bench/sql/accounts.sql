-- Accounts that are made meanwhile: one user in ten.
INSERT INTO facts (
    event_id, kind, wiki, dbname, occurred_at, emitted_at, received_at, rcid, user, user_class, namespace, title, topic,
    offset, page, direction, log_id, log_type, log_action, params
)
SELECT
    concat('account-', toString(number)), 'log', 'w1.wikipedia.org', 'w1wiki',
    toDateTime(%(start)s + intDiv(number * 10 * %(seconds)s, %(users)s), 'UTC') AS at, at, at, 2900000000 + number,
    concat('Editor ', toString(number * 10 + 3)) AS name, 'named', 2, concat('User:', name),
    'eqiad.mediawiki.recentchange', 6600000001 + 2 * number, name, 'none', number + 1, 'newusers', 'create', '{}'
FROM numbers(intDiv(%(users)s, 10))
