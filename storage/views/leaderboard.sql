CREATE OR REPLACE VIEW $analytics.leaderboard$on_cluster
(
    program String COMMENT 'the program; unit: slug; e.g. women-in-red-2026-11',
    rank UInt64 COMMENT 'place by bytes added, equal values share one; unit: place from 1; e.g. 2',
    user String COMMENT 'the participant by the name of today, or a pseudonym; unit: user name; e.g. Participant 3',
    hidden Bool COMMENT 'user is a pseudonym; unit: true or false; e.g. false',
    team String COMMENT 'the team, empty where there is none; unit: name; e.g. blue',
    edits UInt64 COMMENT 'edits that count; unit: edits; e.g. 12',
    bytes_added UInt64 COMMENT 'sum of what was added; unit: bytes; e.g. 10240',
    bytes_removed UInt64 COMMENT 'sum of what was removed; unit: bytes; e.g. 512',
    articles_created UInt64 COMMENT 'pages created that are live in a content namespace; unit: pages; e.g. 2',
    articles_edited UInt64 COMMENT 'different live pages edited; unit: pages; e.g. 5',
    uploads UInt64 COMMENT 'files uploaded, new versions left out; unit: files; e.g. 3',
    reverted UInt64 COMMENT 'edits that count and were reverted; unit: edits; e.g. 1',
    wikidata_actions UInt64 COMMENT 'edits of Wikidata whose automatic summary says what they did; unit: edits; e.g. 7',
    pages_proofread UInt64 COMMENT 'scanned pages proofread on Wikisources; unit: pages; e.g. 4',
    pages_validated UInt64 COMMENT 'scanned pages validated on Wikisources; unit: pages; e.g. 4',
    last_edit_at Nullable(DateTime('UTC')) COMMENT 'the newest contribution, NULL where hidden; unit: seconds, UTC; e.g. 2026-11-23 19:12:03'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    standings.program AS program,
    rank() OVER (PARTITION BY standings.program ORDER BY bytes_added DESC) AS rank,
    multiIf(NOT hidden, standings.user, pseudonym != '', pseudonym, 'Contributor') AS user,
    toBool(
        standings.program IN (SELECT slug FROM $physical.public_programs WHERE nameless)
        OR (standings.program, standings.user) IN (SELECT program, user FROM $physical.hidden_names)
        OR (
            standings.program IN (SELECT program FROM $physical.hidden_names)
            AND standings.user IN (SELECT user FROM $physical.renamed_names)
        )
    ) AS hidden,
    team, edits, bytes_added, bytes_removed, articles_created, articles_edited, uploads, reverted, wikidata_actions,
    pages_proofread, pages_validated,
    if(hidden, NULL, last_edit_at) AS last_edit_at
FROM (
    SELECT
        program, user,
        sum(edits) AS edits,
        sum(bytes_added) AS bytes_added,
        sum(bytes_removed) AS bytes_removed,
        sum(articles_created) AS articles_created,
        sum(articles_edited) AS articles_edited,
        sum(uploads) AS uploads,
        sum(reverted) AS reverted,
        sum(wikidata_actions) AS wikidata_actions,
        sum(pages_proofread) AS pages_proofread,
        sum(pages_validated) AS pages_validated,
        max(last_edit_at) AS last_edit_at
    FROM $physical.standings FINAL
    GROUP BY program, user
    HAVING edits > 0 OR uploads > 0
) AS standings
LEFT JOIN (SELECT program, user, team, pseudonym FROM $physical.participants FINAL) AS enrolled
    ON enrolled.program = standings.program AND enrolled.user = standings.user
WHERE standings.program IN (SELECT slug FROM $physical.public_programs)
COMMENT 'The boards of public programs, one row a participant with a contribution'
