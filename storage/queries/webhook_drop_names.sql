-- Drop messages that tell of these people.
DELETE FROM deliveries${local} WHERE multiSearchAny(notice, %(needles)s)
