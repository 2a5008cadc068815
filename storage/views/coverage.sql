CREATE OR REPLACE VIEW $analytics.coverage$on_cluster
(
    hour DateTime('UTC') COMMENT 'start of the hour in which things happened; unit: hours, UTC; e.g. 2026-11-23 18:00:00',
    wiki LowCardinality(String) COMMENT 'the wiki; unit: server name; e.g. en.wikipedia.org',
    events UInt64 COMMENT 'events seen; unit: events; e.g. 2113',
    edits UInt64 COMMENT 'edits among them; unit: edits; e.g. 1240',
    minutes UInt64 COMMENT 'minutes of the hour with an event; unit: minutes; e.g. 60',
    first_minute DateTime('UTC') COMMENT 'the first of them; unit: minutes, UTC; e.g. 2026-11-23 18:00:00',
    last_minute DateTime('UTC') COMMENT 'the last of them; unit: minutes, UTC; e.g. 2026-11-23 18:59:00'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    toStartOfHour(minute) AS hour,
    wiki,
    sum(length(seen)) AS events,
    sumIf(length(seen), kind = 'edit') AS edits,
    uniqExact(minute) AS minutes,
    min(minute) AS first_minute,
    max(minute) AS last_minute
FROM $physical.activity_minutes FINAL
GROUP BY hour, wiki
COMMENT 'How much was seen of each wiki in each hour'
