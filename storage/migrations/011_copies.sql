-- Where the rows of a store came from, and when it was last backed up. Neither is copied into another store.
CREATE TABLE IF NOT EXISTS copies
(
    source String COMMENT 'identity of the store that was copied into this one',
    at DateTime64(6, 'UTC') DEFAULT now64(6) COMMENT 'when copying last began; the newest row counts'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY source
COMMENT 'Which store was copied into this one';

CREATE TABLE IF NOT EXISTS backups
(
    id String COMMENT 'the backup: 20261125T193200Z-5f0c',
    base String COMMENT 'the backup that it adds to; empty: none',
    began_at DateTime64(6, 'UTC') COMMENT 'what happened until then is in it',
    wikitally String COMMENT 'version of wikitally that made it',
    clickhouse String COMMENT 'version of the server',
    migration UInt32 COMMENT 'number of the newest migration',
    tables Array(String) COMMENT 'what it consists of, in the order in which it was read'
)
ENGINE = ReplacingMergeTree
ORDER BY id
COMMENT 'Backups that were made of this store, as each of them tells of itself';
