-- What locks were before a time; of each name the newest stays.
DELETE FROM locks${local}
WHERE taken_at < toDateTime(%(before)s, 'UTC') AND (name, number) NOT IN (SELECT name, max(number) FROM locks${local} GROUP BY name)
