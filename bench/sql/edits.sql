-- Edits number `first` to before `last` of `edits`, spread evenly over the time, the earliest first. Few users make most
-- of them, mostly on one wiki each; wikis and pages are as unequal. Every draw is a hash of the edit's number.
INSERT INTO facts (
    event_id, kind, wiki, dbname, occurred_at, emitted_at, received_at, rcid, user, user_class, bot, namespace, title,
    comment, topic, partition, offset, rev_id, parent_id, created, minor, length_old, length_new, page, direction, log_id,
    log_type, log_action, params, tags
)
WITH
    %(words)s AS words,
    (one, what) -> cityHash64(one, what) / pow(2, 64) AS draw
SELECT
    toString(reinterpretAsUUID(MD5(toString(number)))) AS event_id,
    'edit' AS kind,
    concat('w', toString(wiki_number), '.wikipedia.org') AS wiki,
    concat('w', toString(wiki_number), 'wiki') AS dbname,
    toDateTime(%(start)s + intDiv(number * %(seconds)s, %(edits)s), 'UTC') AS occurred_at,
    toDateTime64(occurred_at, 3, 'UTC') + toIntervalMillisecond(toUInt32(draw(number, 'emitted') * 900)) AS emitted_at,
    emitted_at + toIntervalMillisecond(400 + toUInt32(draw(number, 'received') * 1500)) AS received_at,
    3000000000 + number AS rcid,
    if(temporary, concat('~2026-', toString(user_number), '-', toString(user_number %% 97)), concat('Editor ', toString(user_number))) AS user,
    if(temporary, 'temporary', 'named') AS user_class,
    user_number * 1000 < %(users)s AS bot,
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 3, 4, 6][1 + cityHash64(page_key, 'namespace') %% 20] AS namespace,
    concat(
        transform(namespace, [1, 2, 3, 4, 6], ['Talk:', 'User:', 'User talk:', 'Wikipedia:', 'File:'], ''),
        initcap(words[1 + bitAnd(page_key, 4095)]), ' ', words[1 + bitAnd(bitShiftRight(page_key, 12), 4095)], ' ',
        words[1 + bitAnd(bitShiftRight(page_key, 24), 4095)]
    ) AS title,
    multiIf(
        draw(number, 'comment') < 0.25, '',
        concat(
            if(draw(number, 'comment') < 0.6, concat('/* ', initcap(words[1 + cityHash64(page_key, number %% 7) %% 4096]), ' */ '), ''),
            arrayStringConcat(
                arrayMap(at -> words[1 + toUInt32(pow(cityHash64(number, at) / pow(2, 64), 2) * 4095)], range(2 + number %% 7)), ' '
            )
        )
    ) AS comment,
    'eqiad.mediawiki.recentchange' AS topic,
    0 AS partition,
    6600000000 + 2 * number AS offset,
    1000000000 + number AS rev_id,
    if(created, 0, toInt64(1000000000 + number - toUInt64(draw(number, 'parent') * 900000000))) AS parent_id,
    draw(number, 'created') < 0.05 AS created,
    draw(number, 'minor') < 0.2 AS minor,
    if(created, NULL, toInt64(100 + exp(draw(page_key, 'length') * 11))) AS length_old,
    greatest(0, ifNull(length_old, 0) + if(draw(number, 'removes') < 0.25 AND NOT created, -1, 1) * toInt64(exp(draw(number, 'delta') * 8))) AS length_new,
    '' AS page,
    'none' AS direction,
    0 AS log_id,
    '' AS log_type,
    '' AS log_action,
    '' AS params,
    [] AS tags
FROM (
    SELECT
        number,
        toUInt32(floor(%(users)s * pow(draw(number, 'user'), 3))) AS user_number,
        user_number %% 12 = 7 AS temporary,
        if(draw(number, 'home') < 0.85, draw(user_number, 'wiki'), draw(number, 'wiki')) AS wiki_draw,
        toUInt32(floor(exp(wiki_draw * log(%(wikis)s + 1)))) AS wiki_number,
        toUInt32(floor(greatest(1, %(pages)s / (wiki_number * %(harmonic)s)) * pow(draw(number, 'page'), 2))) AS page_number,
        cityHash64(wiki_number, page_number) AS page_key
    FROM numbers(%(first)s, %(last)s - %(first)s)
)
