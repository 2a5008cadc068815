-- Alerts of a share's wikis, or of none, that were written after a version: whoever is to be told may not have been.
SELECT * EXCEPT (gone)
FROM alerts FINAL
WHERE version > %(since)s AND (wiki = '' OR bitAnd(kafkaMurmurHash(wiki), 2147483647) %% %(of)s IN %(partitions)s)
