DELETE FROM participants WHERE user IN %(names)s
