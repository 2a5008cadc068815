-- Drop messages of which nothing was heard since a time; older versions of a row go before newer ones.
DELETE FROM deliveries${local} WHERE stored_at < fromUnixTimestamp64Micro(%(before)s)
