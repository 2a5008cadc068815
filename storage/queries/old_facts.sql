-- Facts of before a time; not what hides authors and summaries, which is known for good.
DELETE FROM facts${local}
WHERE occurred_at < toDateTime(%(before)s, 'UTC')
  AND NOT (kind = 'log' AND log_type IN ('delete', 'suppress', 'visibility') AND log_action IN ('revision', 'page_change'))
