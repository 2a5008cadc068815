-- When the newest row came into the outbox since a time, in microseconds; 0: none did.
SELECT toUnixTimestamp64Micro(max(stored_at))
FROM deliveries
WHERE stored_at > fromUnixTimestamp64Micro(%(since)s)
