-- Take rows out of the log that have been replaced: those that still say what they said when they were read.
DELETE FROM facts${local}
WHERE user IN %(users)s AND event_id IN %(ids)s
  AND cityHash64(user, title, comment, page, params) IN %(fingerprints)s
