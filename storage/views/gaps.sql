CREATE OR REPLACE VIEW $analytics.gaps$on_cluster
(
    topic String COMMENT 'the Kafka topic; unit: name; e.g. eqiad.mediawiki.recentchange',
    partition UInt16 COMMENT 'the Kafka partition; unit: number from 0; e.g. 0',
    first Int64 COMMENT 'the first missing event; unit: offset; e.g. 6600000012',
    last Int64 COMMENT 'the last missing event; unit: offset; e.g. 6600000019',
    seen_at DateTime64(3, 'UTC') COMMENT 'time of the event behind the gap; unit: milliseconds, UTC; e.g. 2026-11-23 19:02:11.004',
    closed Bool COMMENT 'filled since; unit: true or false; e.g. false'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT topic, partition, first, last, seen_at, closed
FROM $physical.gaps FINAL
COMMENT 'Stretches of the stream that were missing'
