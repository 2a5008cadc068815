-- The resume position of a list of streams.
SELECT topic, partition, offset, timestamp_ms, watermark, version
FROM checkpoints FINAL
WHERE streams = %(streams)s
