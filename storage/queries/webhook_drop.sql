-- Drop messages that say one of these.
DELETE FROM deliveries${local} WHERE multiSearchAny(notice, %(needles)s)
