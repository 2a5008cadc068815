-- All that the books of the external table keys(program, user) say of the wikis of a share.
SELECT * EXCEPT (version, gone)
FROM contributions FINAL
WHERE (program, user) IN (SELECT program, user FROM keys)
  AND bitAnd(kafkaMurmurHash(wiki), 2147483647) %% %(of)s IN %(partitions)s
