DELETE FROM standings${local} WHERE user IN %(names)s
