-- All facts that may tell the author or the summary of the revisions of the external table revisions(wiki, rev_id).
SELECT *, cityHash64(user, title, comment, page, params) AS fingerprint
FROM facts
WHERE kind IN ('edit', 'categorize', 'page_change', 'tags')
  AND rev_id IN (SELECT rev_id FROM revisions)
  AND (wiki, rev_id) IN (SELECT wiki, rev_id FROM revisions)
UNION ALL
SELECT *, cityHash64(user, title, comment, page, params) AS fingerprint
FROM facts
WHERE kind = 'log' AND log_type = 'visibility'
  AND (wiki, JSONExtractInt(params, 'ids', 1)) IN (SELECT wiki, rev_id FROM revisions)
