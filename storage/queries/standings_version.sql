-- The newest version among the standings: the books had it too, before them.
SELECT max(version) FROM standings
