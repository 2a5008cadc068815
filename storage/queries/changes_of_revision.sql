-- What page_change says of a revision that recentchange did not tell.
SELECT * EXCEPT (received_at)
FROM facts
WHERE kind = 'page_change' AND rev_id = %(rev_id)s AND wiki = %(wiki)s
ORDER BY occurred_at
