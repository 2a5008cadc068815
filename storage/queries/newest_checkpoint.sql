-- The version of the newest checkpoint; 0: there is none.
SELECT max(version) FROM checkpoints
