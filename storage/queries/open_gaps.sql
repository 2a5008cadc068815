-- Stretches of the stream that are known to be missing.
SELECT topic, partition, first, last, seen_at FROM gaps FINAL WHERE NOT closed ORDER BY topic, partition, first
