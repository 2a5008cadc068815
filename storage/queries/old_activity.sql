DELETE FROM activity_minutes${local} WHERE minute < toDateTime(%(before)s, 'UTC')
