-- What the views for analysts stand on (storage/views): who takes part under which name, and the stream minute by minute.
CREATE TABLE IF NOT EXISTS participants
(
    program String COMMENT 'slug of the program',
    user String COMMENT 'as enrolled',
    team String COMMENT 'empty: none',
    member Bool COMMENT 'in the list of participants now; others were in it and hid their names',
    hidden Bool COMMENT 'hides the name, or did when last in the list',
    pseudonym String COMMENT 'how they are shown where names are hidden: Participant 3; empty: names of the program are never hidden',
    since Nullable(DateTime('UTC')) COMMENT 'start of the first membership; NULL: the start of the program',
    until Nullable(DateTime('UTC')) COMMENT 'end of the last membership, exclusive; NULL: none',
    version UInt32 COMMENT 'version of the program that changed the row; the newest row counts',
    gone UInt8 COMMENT '1: in the list no more; FINAL leaves such rows out'
)
ENGINE = ReplacingMergeTree(version, gone)
ORDER BY (program, user)
SETTINGS index_granularity = 1024
COMMENT 'Who takes part in programs: a projection of program_events';

-- Programs are shown anew by whoever judges next, with their participants.
ALTER TABLE programs ADD COLUMN IF NOT EXISTS names_until Nullable(DateTime('UTC')) COMMENT 'from then on nobody is shown by name; NULL: never';
TRUNCATE TABLE programs;

-- Sets of what was seen, so that what is written twice is counted once, as it is in facts.
CREATE TABLE IF NOT EXISTS activity_minutes
(
    minute DateTime('UTC') COMMENT 'start of the minute',
    wiki LowCardinality(String) COMMENT 'server name: en.wikipedia.org',
    namespace Int32 COMMENT 'as in facts',
    kind LowCardinality(String) COMMENT 'as in facts',
    bot Bool COMMENT 'as in facts',
    seen SimpleAggregateFunction(groupUniqArrayArray, Array(UInt64)) COMMENT 'hashes of the ids of the events'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, wiki, namespace, kind, bot)
SETTINGS index_granularity = 2048
COMMENT 'Which events were seen in each minute';

CREATE MATERIALIZED VIEW IF NOT EXISTS activity_seen TO activity_minutes AS
SELECT toStartOfMinute(occurred_at) AS minute, wiki, namespace, toString(kind) AS kind, bot, groupUniqArray(cityHash64(event_id)) AS seen
FROM facts
GROUP BY minute, wiki, namespace, kind, bot;

INSERT INTO activity_minutes
SELECT toStartOfMinute(occurred_at) AS minute, wiki, namespace, toString(kind) AS kind, bot, groupUniqArray(cityHash64(event_id))
FROM facts
GROUP BY minute, wiki, namespace, kind, bot;

-- Programs that are shown in lists, and whether nobody in them is named any more.
CREATE VIEW IF NOT EXISTS public_programs AS
SELECT slug, ifNull(names_until <= now(), false) AS nameless
FROM programs FINAL
WHERE status = 'active' AND visibility = 'public';

-- Whose names are hidden, by the names that they enrolled under.
CREATE VIEW IF NOT EXISTS hidden_names AS
SELECT program, user
FROM participants FINAL
WHERE hidden AND program IN (SELECT slug FROM public_programs);

-- Names that were given up or taken in a renaming: who had them is not looked for, where somebody hides.
CREATE VIEW IF NOT EXISTS renamed_names AS
SELECT arrayJoin([page, replaceAll(JSONExtractString(params, 'olduser'), '_', ' ')]) AS user
FROM facts
WHERE kind = 'log' AND log_type IN ('renameuser', 'gblrename') AND (SELECT count() FROM hidden_names) > 0;
