SELECT count() FROM standings WHERE user IN %(names)s
