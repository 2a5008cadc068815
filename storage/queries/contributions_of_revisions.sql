-- Edits of these programs that made the revisions of the external table revisions(wiki, rev_id).
SELECT program, wiki, rev_id, user, title, verdict
FROM contributions FINAL
WHERE program IN %(programs)s
  AND kind = 'edit'
  AND rev_id IN (SELECT rev_id FROM revisions)
  AND (wiki, rev_id) IN (SELECT wiki, rev_id FROM revisions)
