-- How far each topic of a list of streams is durable. Written after the data.
CREATE TABLE IF NOT EXISTS checkpoints
(
    streams String COMMENT 'sorted, comma-joined list of streams: mediawiki.recentchange',
    topic String COMMENT 'Kafka topic: eqiad.mediawiki.recentchange',
    partition UInt16 COMMENT 'Kafka partition',
    offset Int64 COMMENT 'last offset that is durable',
    timestamp_ms Int64 COMMENT 'Kafka time of that event, milliseconds',
    watermark DateTime64(3, 'UTC') COMMENT 'event time up to which all of the streams is in; 1970: none',
    version UInt64 COMMENT 'the newest row counts'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (streams, topic, partition)
COMMENT 'Resume positions';

CREATE TABLE IF NOT EXISTS dead_letters
(
    digest FixedString(16) COMMENT 'MD5 of the bytes, so that the same letter is kept once',
    topic String COMMENT 'Kafka topic; empty: not known',
    partition UInt16 COMMENT 'Kafka partition',
    offset Int64 COMMENT 'Kafka offset; -1: not known',
    source String COMMENT 'where it was read: file and line, or address',
    reason LowCardinality(String) COMMENT 'json, schema, no_id, …',
    detail String COMMENT 'what exactly was wrong',
    data String COMMENT 'the bytes as they came',
    received_at DateTime64(3, 'UTC') COMMENT 'when wikitally saw it'
)
ENGINE = ReplacingMergeTree
ORDER BY (topic, partition, offset, digest)
COMMENT 'Events that could not be understood';

CREATE TABLE IF NOT EXISTS gaps
(
    topic String COMMENT 'Kafka topic',
    partition UInt16 COMMENT 'Kafka partition',
    first Int64 COMMENT 'first missing offset',
    last Int64 COMMENT 'last missing offset',
    seen_at DateTime64(3, 'UTC') COMMENT 'event time of the event behind the gap',
    closed Bool COMMENT 'filled since',
    version UInt64 COMMENT 'the newest row counts'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (topic, partition, first)
COMMENT 'Stretches of the stream known to be missing';
