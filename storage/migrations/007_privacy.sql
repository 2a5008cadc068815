-- A result whose names were hidden says so.
ALTER TABLE results ADD COLUMN IF NOT EXISTS redacted_at DateTime64(6, 'UTC') COMMENT 'when names were last taken out of board, and digest computed again; 1970: never';

-- Who was forgotten, so that reading the stream again does not bring them back. Their names are not kept.
CREATE TABLE IF NOT EXISTS forgotten
(
    number UInt32 COMMENT 'stands where the name was: (forgotten 1)',
    digest String COMMENT 'SHA-256 of salt/name, hexadecimal; one row for each name of the person',
    salt String COMMENT 'of this store',
    forgotten_at DateTime64(6, 'UTC') COMMENT 'what was done until then has no name any more; the newest row counts'
)
ENGINE = ReplacingMergeTree(forgotten_at)
ORDER BY digest
COMMENT 'Who was forgotten, by digests';
