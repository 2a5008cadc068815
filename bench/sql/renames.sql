-- Some who are renamed, none of them enrolled.
INSERT INTO facts (
    event_id, kind, wiki, dbname, occurred_at, emitted_at, received_at, rcid, user, user_class, namespace, title, topic,
    offset, page, direction, log_id, log_type, log_action, params
)
SELECT
    concat('rename-', toString(number)), 'log', 'meta.wikimedia.org', 'metawiki',
    toDateTime(%(start)s + intDiv(number * %(seconds)s, 200), 'UTC') AS at, at, at, 2800000000 + number,
    'A steward', 'named', 2, concat('User:Former ', toString(number)),
    'eqiad.mediawiki.recentchange', 6500000000 + number, concat('Later ', toString(number)), 'none', 1000000 + number,
    'gblrename', 'rename',
    toJSONString(map('olduser', concat('Former ', toString(number)), 'newuser', concat('Later ', toString(number))))
FROM numbers(200)
