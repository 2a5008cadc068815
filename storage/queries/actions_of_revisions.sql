-- The edits that made the revisions of the external table revisions(wiki, rev_id).
SELECT * EXCEPT (received_at)
FROM facts
WHERE kind = 'edit'
  AND rev_id IN (SELECT rev_id FROM revisions)
  AND (wiki, rev_id) IN (SELECT wiki, rev_id FROM revisions)
