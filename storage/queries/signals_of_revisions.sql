-- Titles and wikis of the tags that the revisions of the external table revisions(wiki, rev_id) put on or took off.
SELECT DISTINCT wiki, title
FROM signals
WHERE rev_id IN (SELECT rev_id FROM revisions) AND (wiki, rev_id) IN (SELECT wiki, rev_id FROM revisions)
