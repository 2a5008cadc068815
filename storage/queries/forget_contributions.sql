DELETE FROM contributions${local} WHERE user IN %(names)s
