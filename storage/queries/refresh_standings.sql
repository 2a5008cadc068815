-- Recompute the standings of the external table keys(program, user) from the books.
INSERT INTO standings
SELECT
    program,
    user,
    countIf(verdict = 'counted') AS edits,
    sumIf(greatest(ifNull(byte_delta, 0), 0), verdict = 'counted') AS bytes_added,
    sumIf(greatest(-ifNull(byte_delta, 0), 0), verdict = 'counted') AS bytes_removed,
    uniqExactIf((wiki, title), verdict = 'counted' AND created) AS articles_created,
    uniqExactIf((wiki, title), verdict = 'counted') AS articles_edited,
    maxIf(occurred_at, verdict = 'counted') AS last_edit_at,
    %(version)s
FROM contributions FINAL
WHERE (program, user) IN (SELECT program, user FROM keys)
GROUP BY program, user
