-- The highest version that any projection carries.
SELECT max(version)
FROM (
    SELECT max(version) AS version FROM contributions
    UNION ALL SELECT max(version) FROM ledger
    UNION ALL SELECT max(version) FROM standings
    UNION ALL SELECT max(version) FROM checkpoints
    UNION ALL SELECT max(version) FROM gaps
)
