-- The numbers of the programs of the external table programs(program), over all participants and wikis.
SELECT
    program,
    sum(edits) AS edits,
    sum(bytes_added) AS bytes_added,
    sum(bytes_removed) AS bytes_removed,
    sum(articles_created) AS articles_created,
    sum(articles_edited) AS articles_edited,
    sum(uploads) AS uploads,
    sum(reverted) AS reverted,
    sum(wikidata_actions) AS wikidata_actions,
    sum(pages_proofread) AS pages_proofread,
    sum(pages_validated) AS pages_validated,
    uniqExactIf(user, standings.edits > 0 OR standings.uploads > 0) AS editors,
    max(last_edit_at) AS last_edit_at
FROM standings FINAL
WHERE program IN (SELECT program FROM programs)
GROUP BY program
