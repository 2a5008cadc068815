-- Who was renamed, on any wiki, as far as it was received since a time.
SELECT * EXCEPT (received_at)
FROM facts
WHERE kind = 'log' AND log_type IN ('renameuser', 'gblrename') AND received_at >= fromUnixTimestamp64Milli(%(since)s, 'UTC')
