-- What the wikis did, one row a fact. Written twice, kept once: event_id is in the sorting key.
-- Sorted for "all edits of these users since T"; a page's edits are found by the index on title.
CREATE TABLE IF NOT EXISTS facts
(
    event_id String COMMENT 'meta.id, the idempotency key: d5d2281e-9651-4ab9-aceb-7b2ac9fc4463',
    kind Enum8('edit' = 1, 'categorize' = 2, 'log' = 3, 'page_change' = 4) COMMENT 'what sort of fact',
    wiki LowCardinality(String) COMMENT 'server name: en.wikipedia.org',
    dbname LowCardinality(String) COMMENT 'database name: enwiki',
    occurred_at DateTime('UTC') COMMENT 'when the wiki says it happened, seconds',
    emitted_at DateTime64(3, 'UTC') COMMENT 'when the event was produced, milliseconds',
    received_at DateTime64(3, 'UTC') COMMENT 'when wikitally saw it, milliseconds',
    rcid Int64 COMMENT 'recent changes id on its wiki; 0: none',
    user String COMMENT 'acting user; empty where hidden or an IP address',
    user_class Enum8('named' = 1, 'temporary' = 2, 'anonymous' = 3, 'hidden' = 4) COMMENT 'kind of account',
    bot Bool COMMENT 'flagged as a bot edit',
    namespace Int32 COMMENT 'namespace number of title; for logs, of their target: 0',
    title String COMMENT 'prefixed title with spaces; of categorize, the category: Talk:Marie Curie',
    comment String COMMENT 'edit summary or log comment',
    topic LowCardinality(String) COMMENT 'Kafka topic: eqiad.mediawiki.recentchange',
    partition UInt16 COMMENT 'Kafka partition',
    offset Int64 COMMENT 'Kafka offset; -1: not known',
    rev_id Int64 COMMENT 'revision made, or the one that caused a categorize; 0: none',
    parent_id Int64 COMMENT 'revision before; 0: none',
    created Bool COMMENT 'the revision is the first of its page',
    minor Bool COMMENT 'marked minor',
    length_old Nullable(Int64) COMMENT 'bytes before; NULL: new page or not known',
    length_new Nullable(Int64) COMMENT 'bytes after; NULL: not known',
    page String COMMENT 'of categorize, the page put in or taken out: Marie Curie',
    direction Enum8('none' = 0, 'added' = 1, 'removed' = 2, 'unknown' = 3) COMMENT 'of categorize',
    log_id Int64 COMMENT 'id of the log entry; 0: none',
    log_type LowCardinality(String) COMMENT 'move, delete, upload, …',
    log_action LowCardinality(String) COMMENT 'within log_type: move_redir, restore, …; of page_change, its kind',
    params String COMMENT 'the wire''s log_params as JSON; of page_change, its ids',
    INDEX by_title title TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_rev rev_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (user, occurred_at, event_id)
SETTINGS index_granularity = 2048
COMMENT 'What the wikis did: one row per event of the stream';
