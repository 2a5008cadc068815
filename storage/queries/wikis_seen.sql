-- Wikis of a share of which the stream told anything.
SELECT DISTINCT wiki FROM facts WHERE direction != 'listed' AND bitAnd(kafkaMurmurHash(wiki), 2147483647) %% %(of)s IN %(partitions)s
