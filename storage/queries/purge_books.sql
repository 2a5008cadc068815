-- Whose books ever held the revisions of the external table revisions(wiki, rev_id). The ledger goes last, so it tells.
SELECT DISTINCT program, user, wiki
FROM ledger
WHERE kind = 'edit'
  AND rev_id IN (SELECT rev_id FROM revisions)
  AND (wiki, rev_id) IN (SELECT wiki, rev_id FROM revisions)
