-- The last revision before and the first one behind a revision of a wiki, of those that were read.
SELECT
    maxIf((rev_id, occurred_at), rev_id < %(rev_id)s),
    countIf(rev_id < %(rev_id)s),
    minIf((rev_id, occurred_at), rev_id > %(rev_id)s),
    countIf(rev_id > %(rev_id)s)
FROM facts
WHERE kind = 'edit' AND wiki = %(wiki)s
