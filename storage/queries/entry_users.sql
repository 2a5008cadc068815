-- Who is in a program's books, and with how many entries on the wikis of a share.
SELECT user, count()
FROM contributions FINAL
WHERE program = %(program)s AND bitAnd(kafkaMurmurHash(wiki), 2147483647) %% %(of)s IN %(partitions)s
GROUP BY user
ORDER BY user
