SELECT count()
FROM locks
WHERE taken_at < toDateTime(%(before)s, 'UTC') AND (name, number) NOT IN (SELECT name, max(number) FROM locks GROUP BY name)
