-- Drop attempts from before a time.
DELETE FROM delivery_attempts${local} WHERE at < fromUnixTimestamp64Micro(%(before)s)
