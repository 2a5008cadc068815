CREATE OR REPLACE VIEW $analytics.activity$on_cluster
(
    minute DateTime('UTC') COMMENT 'start of the minute in which things happened; unit: minutes, UTC; e.g. 2026-11-23 18:56:00',
    wiki LowCardinality(String) COMMENT 'the wiki; unit: server name; e.g. en.wikipedia.org',
    namespace Int32 COMMENT 'namespace of the page, or of the target of a log entry; unit: namespace number; e.g. 0',
    kind LowCardinality(String) COMMENT 'what sort of event; unit: edit, categorize, log, page_change or tags; e.g. edit',
    bot Bool COMMENT 'flagged as made by a bot; unit: true or false; e.g. false',
    events UInt64 COMMENT 'how many different events; unit: events; e.g. 41'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT minute, wiki, namespace, kind, bot, length(seen) AS events
FROM $physical.activity_minutes FINAL
COMMENT 'The whole stream, counted by minute'
