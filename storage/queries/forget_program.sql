-- Take a program's entries out of the books, before they are written anew.
DELETE FROM contributions WHERE program IN %(programs)s
