-- What hides authors or summaries of revisions, on all wikis.
SELECT * EXCEPT (received_at)
FROM facts
WHERE kind = 'log' AND log_type IN ('delete', 'suppress', 'visibility') AND log_action IN ('revision', 'page_change')
