-- Take away standings that were computed by an older definition.
DELETE FROM standings WHERE program IN %(programs)s AND version < %(version)s
