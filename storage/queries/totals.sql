-- A program's numbers as a whole.
SELECT
    uniqExact(user),
    count(),
    sum(greatest(ifNull(byte_delta, 0), 0)),
    sum(greatest(-ifNull(byte_delta, 0), 0)),
    uniqExactIf((wiki, title), created),
    uniqExact((wiki, title)),
    max(occurred_at)
FROM contributions FINAL
WHERE program = %(program)s AND verdict = 'counted'
