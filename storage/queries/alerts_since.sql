-- Alerts that were written since the newest checkpoint: whoever is to be told may not have been.
SELECT * EXCEPT (gone)
FROM alerts FINAL
WHERE version > (SELECT max(version) FROM checkpoints)
