-- The clock of the server, in microseconds.
SELECT toUnixTimestamp64Micro(now64(6))
