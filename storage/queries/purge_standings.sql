DELETE FROM standings WHERE (program, user) IN %(keys)s
