DELETE FROM standings WHERE user IN %(names)s
