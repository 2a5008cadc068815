-- How far each partition of a topic of our own log is stored and judged, and with which version.
SELECT partition, offset, timestamp_ms, watermark, version FROM checkpoints FINAL WHERE streams = %(streams)s AND topic = %(topic)s
