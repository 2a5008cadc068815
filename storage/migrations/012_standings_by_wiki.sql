-- Standings by wiki as well: workers that each count some of the wikis never write the same row. Readers sum.
-- They are a projection: made anew from the books.
DROP TABLE IF EXISTS standings;

CREATE TABLE standings
(
    program String COMMENT 'slug of the program',
    user String COMMENT 'participant, by the name of today',
    wiki LowCardinality(String) COMMENT 'server name: en.wikipedia.org',
    edits UInt64 COMMENT 'counted edits',
    bytes_added UInt64 COMMENT 'sum of positive byte deltas',
    bytes_removed UInt64 COMMENT 'sum of negative byte deltas, as a positive number',
    articles_created UInt64 COMMENT 'pages created that are live in a content namespace',
    articles_edited UInt64 COMMENT 'distinct live pages edited',
    uploads UInt64 COMMENT 'files uploaded, new versions left out',
    reverted UInt64 COMMENT 'counted edits that were reverted',
    wikidata_actions UInt64 COMMENT 'counted edits of Wikidata whose automatic summary says what they did',
    pages_proofread UInt64 COMMENT 'scanned pages proofread on Wikisources',
    pages_validated UInt64 COMMENT 'scanned pages validated on Wikisources',
    last_edit_at DateTime('UTC') COMMENT 'newest contribution; 1970: none',
    version UInt64 COMMENT 'the newest row counts'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (program, user, wiki)
SETTINGS index_granularity = 1024
COMMENT 'A participant''s numbers in a program, on a wiki';

INSERT INTO standings
SELECT
    program, user, wiki,
    countIf(kind = 'edit' AND verdict = 'counted'),
    sumIf(greatest(ifNull(byte_delta, 0), 0), verdict = 'counted'),
    sumIf(greatest(-ifNull(byte_delta, 0), 0), verdict = 'counted'),
    uniqExactIf(title, verdict = 'counted' AND created),
    uniqExactIf(title, verdict = 'counted' AND kind = 'edit'),
    countIf(kind = 'upload' AND verdict = 'counted'),
    countIf(reverted AND verdict = 'counted'),
    countIf(action != '' AND wiki LIKE '%.wikidata.org' AND verdict = 'counted'),
    countIf(action = 'page_proofread' AND verdict = 'counted'),
    countIf(action = 'page_validated' AND verdict = 'counted'),
    maxIf(occurred_at, verdict = 'counted'),
    max(version)
FROM contributions FINAL
GROUP BY program, user, wiki
SETTINGS optimize_aggregation_in_order = 1;
