SELECT count() FROM registrations WHERE user IN %(names)s
