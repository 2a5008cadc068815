DELETE FROM registrations${local} WHERE user IN %(names)s
