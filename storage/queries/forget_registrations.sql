DELETE FROM registrations WHERE user IN %(names)s
