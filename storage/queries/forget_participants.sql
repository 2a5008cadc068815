DELETE FROM participants${local} WHERE user IN %(names)s
