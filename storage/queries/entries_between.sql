-- All that a program's books say of the users from one name to another, on the wikis of a share.
SELECT * EXCEPT (version, gone)
FROM contributions FINAL
WHERE program = %(program)s AND user >= %(first)s AND user <= %(last)s
  AND bitAnd(kafkaMurmurHash(wiki), 2147483647) %% %(of)s IN %(partitions)s
