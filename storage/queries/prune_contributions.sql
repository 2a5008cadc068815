-- Take away what a program's books still say by an older definition.
DELETE FROM contributions WHERE program IN %(programs)s AND version < %(version)s
