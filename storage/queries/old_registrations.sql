DELETE FROM registrations WHERE registered_at < toDateTime(%(before)s, 'UTC')
