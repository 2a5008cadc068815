DELETE FROM standings${local} WHERE (program, user) IN %(keys)s
