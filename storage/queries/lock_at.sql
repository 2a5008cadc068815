-- Who stands at a number of a lock.
SELECT holder
FROM locks
WHERE name = %(name)s AND number = %(number)s
ORDER BY taken_at
LIMIT 1
