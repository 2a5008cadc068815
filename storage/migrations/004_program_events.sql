-- What organisers and participants decide, one row an event. Not partitioned: an append is one part, all of it or nothing.
-- The window keeps the tokens of appends, so that of two that want the same position only the first is stored.
CREATE TABLE IF NOT EXISTS program_events
(
    position UInt64 COMMENT '1, 2, …: the order of all decisions, without holes',
    program String COMMENT 'slug of the program: women-in-red-2026-11',
    version UInt64 COMMENT '1, 2, … within the program',
    kind LowCardinality(String) COMMENT 'what was decided: defined, changed, joined, left, user_excluded, deleted, frozen, …',
    payload String COMMENT 'what it says, as JSON: {"user":"Ada","team":"blue","since":null,"until":null}',
    actor String COMMENT 'who decided, in their own words: Ada',
    reason String COMMENT 'why, in their own words: a test account',
    event_id String COMMENT 'id of the decision: 0190f3f4-5b1c-7d1e-9a51-0a7c3a3c6a11',
    recorded_at DateTime64(6, 'UTC') COMMENT 'when it was decided, microseconds',
    stored_at DateTime64(6, 'UTC') DEFAULT now64(6) COMMENT 'when the server took it; of two in one position the first counts'
)
ENGINE = MergeTree
ORDER BY position
SETTINGS non_replicated_deduplication_window = 100000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Every decision about programs, in order';

-- An earlier wikitally kept whole definitions; they become the first events. Each statement may be repeated.
CREATE TABLE IF NOT EXISTS programs
(
    slug String,
    version UInt64,
    definition String,
    visibility LowCardinality(String),
    applied_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (slug, version);

INSERT INTO program_events (position, program, version, kind, payload, actor, reason, event_id, recorded_at)
SELECT
    row_number() OVER (ORDER BY version, slug) AS place,
    slug,
    row_number() OVER (PARTITION BY slug ORDER BY version) AS edition,
    if(edition = 1, 'defined', 'changed'),
    toJSONString(map('definition', definition)),
    '',
    'applied before decisions were kept',
    toString(reinterpretAsUUID(MD5(concat(slug, '/', toString(version))))),
    applied_at
FROM programs FINAL
WHERE (SELECT count() FROM program_events) = 0
ORDER BY place;

DROP TABLE programs;
