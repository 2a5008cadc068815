CREATE OR REPLACE VIEW $analytics.uploads$on_cluster
(
    wiki LowCardinality(String) COMMENT 'the wiki; unit: server name; e.g. commons.wikimedia.org',
    log_id Int64 COMMENT 'the log entry, with wiki the identity of the upload; unit: id; e.g. 357001',
    occurred_at DateTime('UTC') COMMENT 'when it was uploaded; unit: seconds, UTC; e.g. 2026-11-23 19:01:12',
    user String COMMENT 'who uploaded it, empty where hidden or an IP address; unit: user name; e.g. Foto Größe',
    user_class LowCardinality(String) COMMENT 'the kind of account; unit: named, temporary, anonymous or hidden; e.g. named',
    bot Bool COMMENT 'flagged as made by a bot; unit: true or false; e.g. false',
    title String COMMENT 'the file; unit: prefixed title with spaces; e.g. File:Berlin Tor.png',
    overwrite Bool COMMENT 'a new version of a file that was there; unit: true or false; e.g. false',
    comment String COMMENT 'the log comment; unit: wikitext; e.g. own work',
    event_id String COMMENT 'the event of the stream; unit: UUID; e.g. d5d2281e-9651-4ab9-aceb-7b2ac9fc4463'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    wiki, log_id, occurred_at, user, user_class, bot, title, toBool(log_action != 'upload') AS overwrite, comment, event_id
FROM $physical.facts FINAL
WHERE kind = 'log' AND log_type = 'upload' AND log_action IN ('upload', 'overwrite', 'revert')
COMMENT 'Every upload of every wiki that was read'
