DELETE FROM registrations WHERE user IN %(users)s
