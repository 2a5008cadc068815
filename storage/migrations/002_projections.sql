-- An edit in a program's books, with its verdict. Absolute rows: a later judgement replaces the earlier one.
CREATE TABLE IF NOT EXISTS contributions
(
    program String COMMENT 'slug of the program',
    user String COMMENT 'who edited',
    wiki LowCardinality(String) COMMENT 'server name: en.wikipedia.org',
    rev_id Int64 COMMENT 'revision; with program and wiki the identity of the row',
    verdict LowCardinality(String) COMMENT 'counted, or the one reason why not: namespace_not_tracked',
    occurred_at DateTime('UTC') COMMENT 'when the edit was made, seconds',
    title String COMMENT 'where its page is now',
    namespace Int32 COMMENT 'of title',
    byte_delta Nullable(Int64) COMMENT 'bytes added (negative: removed); NULL: not known, credits nothing',
    created Bool COMMENT 'first revision of a page that is in a content namespace now',
    version UInt64 COMMENT 'grows with every judgement; the newest row counts'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (program, user, wiki, rev_id)
SETTINGS index_granularity = 512
COMMENT 'Every edit of a program''s participants in its sessions, with its verdict';

-- Recomputed for the keys that changed, never added to.
CREATE TABLE IF NOT EXISTS standings
(
    program String COMMENT 'slug of the program',
    user String COMMENT 'participant',
    edits UInt64 COMMENT 'contributions',
    bytes_added UInt64 COMMENT 'sum of positive byte deltas',
    bytes_removed UInt64 COMMENT 'sum of negative byte deltas, as a positive number',
    articles_created UInt64 COMMENT 'pages created that are live in a content namespace',
    articles_edited UInt64 COMMENT 'distinct live pages edited',
    last_edit_at DateTime('UTC') COMMENT 'newest contribution; 1970: none',
    version UInt64 COMMENT 'the newest row counts'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (program, user)
SETTINGS index_granularity = 1024
COMMENT 'A participant''s numbers in a program';

-- Definitions as their organisers wrote them; the newest version counts, earlier ones stay.
CREATE TABLE IF NOT EXISTS programs
(
    slug String COMMENT 'the id in addresses',
    version UInt64 COMMENT 'grows with every change',
    definition String COMMENT 'canonical YAML',
    visibility LowCardinality(String) COMMENT 'public, unlisted or private',
    applied_at DateTime64(3, 'UTC') COMMENT 'when it was applied'
)
ENGINE = ReplacingMergeTree
ORDER BY (slug, version)
COMMENT 'Programs and all their versions';

-- Which version of a definition the books are complete for: a newer definition means work to do.
CREATE TABLE IF NOT EXISTS books
(
    slug String COMMENT 'the program',
    version UInt64 COMMENT 'version of the definition by which its contributions were judged'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY slug
COMMENT 'Programs whose contributions are complete';
