DELETE FROM registrations${local} WHERE registered_at < toDateTime(%(before)s, 'UTC')
