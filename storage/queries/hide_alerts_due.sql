-- Whether alerts, or what they are made of, tell of revisions.
SELECT
    (SELECT count() FROM signals WHERE rev_id IN %(ids)s AND (wiki, rev_id) IN %(revisions)s),
    (SELECT count() FROM alerts WHERE arrayExists(each -> each IN %(ids)s AND (wiki, each) IN %(revisions)s, step_revisions))
