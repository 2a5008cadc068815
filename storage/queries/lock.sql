-- Who took a lock last, and how many seconds it is still theirs.
SELECT number, holder, seconds - (toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(taken_at)) / 1000 AS left_seconds
FROM locks
WHERE name = %(name)s
ORDER BY number DESC
LIMIT 1
