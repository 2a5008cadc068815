SELECT count() FROM signals WHERE has(%(own)s, user) OR match(detail, %(pattern)s)
