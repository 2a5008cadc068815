DELETE FROM activity_minutes WHERE minute < toDateTime(%(before)s, 'UTC')
