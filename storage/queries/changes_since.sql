-- What changed in the books since the newest checkpoint, as far as alerts may not know of it.
SELECT * EXCEPT (version)
FROM ledger FINAL
WHERE version > (SELECT max(version) FROM checkpoints)
