-- When the last event before an offset of a topic was produced; 1970: not known.
SELECT max(emitted_at)
FROM facts
WHERE topic = %(topic)s AND partition = %(partition)s AND offset >= 0 AND offset < %(offset)s
