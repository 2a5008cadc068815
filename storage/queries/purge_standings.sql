-- Of books (program, user, wiki) that say nothing any more; of whom a program has nothing left, on all wikis.
DELETE FROM standings${local} WHERE (program, user, wiki) IN %(books)s OR (program, user) IN %(gone)s
