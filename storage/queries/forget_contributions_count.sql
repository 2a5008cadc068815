SELECT count() FROM contributions WHERE user IN %(names)s
