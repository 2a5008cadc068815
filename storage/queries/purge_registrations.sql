DELETE FROM registrations${local} WHERE user IN %(users)s
