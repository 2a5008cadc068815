-- What changed in the books of a share's wikis after a version, as far as alerts may not know of it.
SELECT * EXCEPT (version)
FROM ledger FINAL
WHERE version > %(since)s AND bitAnd(kafkaMurmurHash(wiki), 2147483647) %% %(of)s IN %(partitions)s
