-- What counts for a program now.
SELECT
    countIf(kind = 'edit'),
    countIf(kind = 'upload'),
    uniqExact(user),
    uniqExact(wiki, title),
    sumIf(greatest(ifNull(byte_delta, 0), 0), kind = 'edit')
FROM contributions FINAL
WHERE program = %(program)s AND verdict = 'counted'
