-- More facts: tags of revisions; and what a log entry is about, to be found by it.
ALTER TABLE facts MODIFY COLUMN kind Enum8('edit' = 1, 'categorize' = 2, 'log' = 3, 'page_change' = 4, 'tags' = 5) COMMENT 'what sort of fact';
ALTER TABLE facts ADD COLUMN IF NOT EXISTS tags Array(LowCardinality(String)) COMMENT 'of tags, those of the revision from then on: mw-reverted';
ALTER TABLE facts MODIFY COLUMN page String COMMENT 'of categorize, the page put in or taken out; of a move, where to; of newusers, the account; of a rename, the new name';
ALTER TABLE facts ADD INDEX IF NOT EXISTS by_page page TYPE bloom_filter(0.001) GRANULARITY 1;

-- Projections are thrown away and rebuilt from the facts.
DROP TABLE IF EXISTS contributions;
DROP TABLE IF EXISTS standings;
DROP TABLE IF EXISTS books;

-- An action in a program's books, with its verdict. Absolute rows: a later judgement replaces the earlier one.
CREATE TABLE contributions
(
    program String COMMENT 'slug of the program',
    user String COMMENT 'who acted, by the name of today',
    wiki LowCardinality(String) COMMENT 'server name: en.wikipedia.org',
    kind Enum8('edit' = 1, 'upload' = 2) COMMENT 'what was done',
    rev_id Int64 COMMENT 'revision; of an upload, id of its log entry. With program, wiki and kind the identity of the row',
    verdict LowCardinality(String) COMMENT 'counted, or the one reason why not: namespace_not_tracked',
    occurred_at DateTime('UTC') COMMENT 'when it was done, seconds',
    title String COMMENT 'where its page is now',
    namespace Int32 COMMENT 'of title',
    byte_delta Nullable(Int64) COMMENT 'bytes added (negative: removed); NULL: not known, credits nothing',
    created Bool COMMENT 'first revision of a page that is in a content namespace now',
    user_class Enum8('named' = 1, 'temporary' = 2) COMMENT 'kind of account',
    reverted Bool COMMENT 'carries the tag mw-reverted',
    action LowCardinality(String) COMMENT 'what it did beyond its bytes: label_added on Wikidata, page_proofread on Wikisource',
    version UInt64 COMMENT 'time of the judgement in microseconds, ever growing; the newest row counts',
    gone UInt8 COMMENT '1: in the books no more; FINAL leaves such rows out'
)
ENGINE = ReplacingMergeTree(version, gone)
ORDER BY (program, user, wiki, kind, rev_id)
SETTINGS index_granularity = 512
COMMENT 'Every action of a program''s participants in its sessions, with its verdict';

-- Every row that contributions ever held, with what brought it. Written before it; a cause writes one row an action.
CREATE TABLE ledger
(
    program String COMMENT 'slug of the program',
    user String COMMENT 'who acted, by the name of that day',
    wiki LowCardinality(String) COMMENT 'server name: en.wikipedia.org',
    kind Enum8('edit' = 1, 'upload' = 2) COMMENT 'what was done',
    rev_id Int64 COMMENT 'revision; of an upload, id of its log entry',
    verdict LowCardinality(String) COMMENT 'from then on',
    occurred_at DateTime('UTC') COMMENT 'when it was done, seconds',
    title String COMMENT 'where its page was by then',
    namespace Int32 COMMENT 'of title',
    byte_delta Nullable(Int64) COMMENT 'as in contributions',
    created Bool COMMENT 'as in contributions',
    user_class Enum8('named' = 1, 'temporary' = 2) COMMENT 'as in contributions',
    reverted Bool COMMENT 'as in contributions',
    action LowCardinality(String) COMMENT 'as in contributions',
    version UInt64 COMMENT 'when the books changed, in microseconds',
    gone UInt8 COMMENT '1: taken out of the books',
    before LowCardinality(String) COMMENT 'verdict until then; empty: the row is new',
    cause_kind LowCardinality(String) COMMENT 'what changed it: edit, delete/delete, categorize/added, program/changed',
    cause String COMMENT 'id of that fact or program event'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (program, user, wiki, kind, rev_id, cause)
SETTINGS index_granularity = 1024
COMMENT 'Every change of a verdict, with its cause: the books of any moment';

-- The books of a program as they stood at a moment (version: microseconds).
CREATE VIEW books_at AS
SELECT
    program, user, wiki, kind, rev_id,
    argMax(verdict, version) AS verdict,
    argMax(occurred_at, version) AS occurred_at,
    argMax(title, version) AS title,
    argMax(namespace, version) AS namespace,
    argMax(tuple(byte_delta), version).1 AS byte_delta,
    argMax(created, version) AS created,
    argMax(user_class, version) AS user_class,
    argMax(reverted, version) AS reverted,
    argMax(action, version) AS action
FROM (SELECT * FROM ledger WHERE program = {program:String} AND version <= {as_of:UInt64})
GROUP BY program, user, wiki, kind, rev_id
HAVING argMax(gone, version) = 0;

-- Recomputed for the keys that changed, never added to.
CREATE TABLE standings
(
    program String COMMENT 'slug of the program',
    user String COMMENT 'participant, by the name of today',
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
ORDER BY (program, user)
SETTINGS index_granularity = 1024
COMMENT 'A participant''s numbers in a program';

-- Which version of a program the books are complete for: a newer version means work to do.
CREATE TABLE books
(
    slug String COMMENT 'the program',
    version UInt32 COMMENT 'version of the program by which its contributions were judged; the newest counts'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY slug
COMMENT 'Programs whose contributions are complete';

-- Results frozen at a moment. Nothing changes them.
CREATE TABLE results
(
    program String COMMENT 'slug of the program',
    name String COMMENT 'what its organisers call the result: final',
    as_of DateTime64(6, 'UTC') COMMENT 'the moment at which the books stood so',
    frozen_at DateTime64(6, 'UTC') COMMENT 'when it was written',
    board String COMMENT 'the standings as JSON, as the API gives them',
    digest String COMMENT 'SHA-256 of board, hexadecimal'
)
ENGINE = ReplacingMergeTree
ORDER BY (program, name)
COMMENT 'Frozen results';

-- Programs as they are now: a projection of program_events.
CREATE TABLE programs
(
    slug String COMMENT 'the id in addresses',
    title String COMMENT 'for people',
    version UInt32 COMMENT 'grows with every event of the program; the newest row counts',
    status LowCardinality(String) COMMENT 'active, deleted, expired or merged',
    visibility LowCardinality(String) COMMENT 'public, unlisted or private',
    starts DateTime('UTC') COMMENT 'start of the first session',
    ends DateTime('UTC') COMMENT 'end of the last session, exclusive',
    campaigns Array(String) COMMENT 'slugs of the campaigns that it belongs to',
    merged_into String COMMENT 'slug of the program that goes on in its place; empty: none',
    definition String COMMENT 'canonical YAML'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY slug
COMMENT 'Programs as they are now';
