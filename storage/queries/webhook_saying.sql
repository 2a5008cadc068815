-- Whether a message says one of these.
SELECT 1 FROM deliveries WHERE multiSearchAny(notice, %(needles)s) LIMIT 1
