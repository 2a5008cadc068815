DELETE FROM contributions WHERE user IN %(names)s
