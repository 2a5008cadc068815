DELETE FROM signals${local}
WHERE occurred_at < toDateTime(%(before)s, 'UTC') AND act NOT IN ('blocked', 'unblocked')
  AND (wiki, page) NOT IN (SELECT wiki, title FROM program_pages${local})
