-- Recompute the standings of the external table keys(program, user, wiki) from the books.
INSERT INTO standings
SELECT
    keys.program,
    keys.user,
    keys.wiki,
    countIf(kind = 'edit' AND verdict = 'counted') AS edits,
    sumIf(greatest(ifNull(byte_delta, 0), 0), verdict = 'counted') AS bytes_added,
    sumIf(greatest(-ifNull(byte_delta, 0), 0), verdict = 'counted') AS bytes_removed,
    uniqExactIf(title, verdict = 'counted' AND created) AS articles_created,
    uniqExactIf(title, verdict = 'counted' AND kind = 'edit') AS articles_edited,
    countIf(kind = 'upload' AND verdict = 'counted') AS uploads,
    countIf(reverted AND verdict = 'counted') AS reverted,
    countIf(action != '' AND keys.wiki LIKE '%%.wikidata.org' AND verdict = 'counted') AS wikidata_actions,
    countIf(action = 'page_proofread' AND verdict = 'counted') AS pages_proofread,
    countIf(action = 'page_validated' AND verdict = 'counted') AS pages_validated,
    maxIf(occurred_at, verdict = 'counted') AS last_edit_at,
    %(version)s
FROM keys
LEFT JOIN (
    SELECT * FROM contributions FINAL WHERE (program, user, wiki) IN (SELECT program, user, wiki FROM keys)
) AS entries ON entries.program = keys.program AND entries.user = keys.user AND entries.wiki = keys.wiki
GROUP BY keys.program, keys.user, keys.wiki
