CREATE OR REPLACE VIEW $analytics.dead_letters$on_cluster
(
    day Date COMMENT 'when they came; unit: days, UTC; e.g. 2026-11-23',
    topic String COMMENT 'the Kafka topic, empty where not known; unit: name; e.g. eqiad.mediawiki.recentchange',
    reason LowCardinality(String) COMMENT 'why they could not be understood; unit: word; e.g. schema',
    letters UInt64 COMMENT 'how many; unit: events; e.g. 2'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT toDate(received_at) AS day, topic, reason, count() AS letters
FROM $physical.dead_letters FINAL
GROUP BY day, topic, reason
COMMENT 'How many events could not be understood'
