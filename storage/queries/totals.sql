-- The numbers of a program of the given visibilities as a whole; newcomers(user) are accounts that are new.
SELECT
    uniqExact(user) AS editors,
    uniqExactIf(user, user_class = 'temporary') AS temporary_editors,
    groupUniqArrayIf(user, user IN (SELECT user FROM newcomers)) AS new_editors,
    countIf(kind = 'edit') AS edits,
    sum(greatest(ifNull(byte_delta, 0), 0)) AS bytes_added,
    sum(greatest(-ifNull(byte_delta, 0), 0)) AS bytes_removed,
    uniqExactIf((wiki, title), created) AS articles_created,
    uniqExactIf((wiki, title), kind = 'edit') AS articles_edited,
    countIf(kind = 'upload') AS uploads,
    countIf(reverted) AS reverted,
    countIf(action != '' AND wiki LIKE '%%.wikidata.org') AS wikidata_actions,
    countIf(action = 'page_proofread') AS pages_proofread,
    countIf(action = 'page_validated') AS pages_validated,
    max(occurred_at) AS last_edit_at
FROM contributions FINAL
WHERE program IN (
    SELECT slug FROM programs FINAL WHERE slug = %(program)s AND status = 'active' AND visibility IN %(visibilities)s
) AND verdict = 'counted'
