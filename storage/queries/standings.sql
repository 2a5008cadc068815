-- The board of a program of the given visibilities: everybody with a contribution, over all wikis.
SELECT
    user,
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
    max(last_edit_at) AS last_edit_at
FROM standings FINAL
WHERE program IN (
    SELECT slug FROM programs FINAL WHERE slug = %(program)s AND status = 'active' AND visibility IN %(visibilities)s
)
GROUP BY user
HAVING edits > 0 OR uploads > 0
