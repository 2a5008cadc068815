-- Who took each partition of a topic last.
SELECT partition, holder FROM owners FINAL WHERE topic = %(topic)s
