SELECT count() FROM participants WHERE user IN %(names)s
