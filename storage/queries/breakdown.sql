-- What counts of a program, or of a campaign's programs, in a window of time, by what `by` names; as the books stand
-- or, given a version, stood. Conditions on parameters alone are decided before anything is read.
WITH
    shown AS (
        SELECT slug
        FROM programs FINAL
        WHERE status = 'active' AND visibility IN %(visibilities)s
          AND (slug = %(program)s OR (has(campaigns, %(campaign)s) AND visibility != 'private'))
    ),
    standing AS (
        SELECT
            program, user, wiki, kind, rev_id, verdict, occurred_at, title, namespace, byte_delta, created, user_class,
            reverted, action
        FROM contributions FINAL
        WHERE %(version)s = 0 AND program IN (SELECT slug FROM shown) AND verdict = 'counted'
    ),
    stood AS (
        SELECT
            program, user, wiki, kind, rev_id, last.1 AS verdict, last.2 AS occurred_at, last.3 AS title,
            last.4 AS namespace, last.5 AS byte_delta, last.6 AS created, last.7 AS user_class, last.8 AS reverted,
            last.9 AS action
        FROM (
            SELECT
                program, user, wiki, kind, rev_id,
                argMax(
                    (verdict, occurred_at, title, namespace, byte_delta, created, user_class, reverted, action, gone),
                    version
                ) AS last
            FROM ledger
            WHERE %(version)s > 0 AND version <= %(version)s AND program IN (SELECT slug FROM shown)
              AND occurred_at >= %(since)s AND occurred_at < %(until)s
            GROUP BY program, user, wiki, kind, rev_id
        )
        WHERE verdict = 'counted' AND last.10 = 0
    ),
    entries AS (
        SELECT * FROM standing WHERE occurred_at >= %(since)s AND occurred_at < %(until)s
        UNION ALL
        SELECT * FROM stood
    ),
    once AS (
        SELECT * FROM entries WHERE %(campaign)s = ''
        UNION ALL
        SELECT * FROM (SELECT * FROM entries WHERE %(campaign)s != '' ORDER BY program LIMIT 1 BY wiki, kind, rev_id)
    )
SELECT
    part.1 AS key,
    part.2 AS on_wiki,
    uniqExact(user) AS editors,
    uniqExactIf(user, user_class = 'temporary') AS temporary_editors,
    groupUniqArrayIf(user, user IN (SELECT user FROM newcomers)) AS new_editors,
    countIf(kind = 'edit') AS edits,
    sum(greatest(ifNull(byte_delta, 0), 0)) AS bytes_added,
    sum(greatest(-ifNull(byte_delta, 0), 0)) AS bytes_removed,
    uniqExactIf((wiki, title), created) AS articles_created,
    uniqExactIf((wiki, title), kind = 'edit') AS articles_edited,
    countIf(kind = 'upload') AS uploads,
    countIf(reverted) AS reverted,
    countIf(action != '' AND wiki LIKE '%%.wikidata.org') AS wikidata_actions,
    countIf(action = 'page_proofread') AS pages_proofread,
    countIf(action = 'page_validated') AS pages_validated,
    max(occurred_at) AS last_edit_at
FROM (
    SELECT
        *,
        arrayJoin(
            multiIf(
                %(by)s = 'user', [(user, '')],
                %(by)s = 'wiki', [('', toString(wiki))],
                %(by)s = 'article', [(title, toString(wiki))],
                %(by)s = 'article_user', [(concat(title, '|', user), toString(wiki))],
                %(by)s = 'namespace', [(toString(namespace), '')],
                %(by)s = 'day', [(formatDateTime(occurred_at, '%%Y-%%m-%%d', %(timezone)s), '')],
                %(by)s = 'hour', [(formatDateTime(occurred_at, '%%Y-%%m-%%dT%%H:00%%z', %(timezone)s), '')],
                %(by)s = 'session', arrayMap(
                    one -> (toString(one), ''),
                    arrayFilter(
                        (one, start, end) -> occurred_at >= start AND occurred_at < end,
                        %(sessions)s, %(starts)s, %(ends)s
                    )
                ),
                %(by)s = 'team', [(transform(user, (SELECT groupArray(user) FROM members), (SELECT groupArray(team) FROM members), ''), '')],
                %(by)s = 'action', [(toString(action), '')],
                %(by)s = 'user_class', [(toString(user_class), '')],
                [('', '')]
            )
        ) AS part
    FROM once
)
GROUP BY part
