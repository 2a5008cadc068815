-- Take a program's standings away, before they are computed anew.
DELETE FROM standings WHERE program IN %(programs)s
