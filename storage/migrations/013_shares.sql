-- Wikis are divided among workers by partition of the log: what a worker has done is said for its partitions.
CREATE TABLE IF NOT EXISTS judged
(
    slug String COMMENT 'the program',
    of UInt16 COMMENT 'into how many partitions wikis were divided; 1: one worker had all',
    partition UInt16 COMMENT 'which of them; a wiki is in partition murmur2(its server name) modulo of',
    version UInt32 COMMENT 'version of the program by which its contributions on these wikis were judged; the newest counts'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (slug, of, partition)
COMMENT 'Programs whose contributions are complete, by partition of the wikis';

INSERT INTO judged SELECT slug, 1, 0, version FROM books FINAL;

-- Whoever was taken for dead and goes on must not write as if the partition were still theirs.
CREATE TABLE IF NOT EXISTS owners
(
    topic String COMMENT 'topic of our own log: wikitally.facts',
    partition UInt16 COMMENT 'partition of it',
    holder String COMMENT 'the worker that took it: host:process:id',
    since UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)) COMMENT 'when, in microseconds, by the clock of the server; the newest counts'
)
ENGINE = ReplacingMergeTree(since)
ORDER BY (topic, partition)
COMMENT 'Which worker judges which partition of the log';

-- What came in lately is found without reading what came before.
ALTER TABLE facts ADD INDEX IF NOT EXISTS by_received received_at TYPE minmax GRANULARITY 1;
