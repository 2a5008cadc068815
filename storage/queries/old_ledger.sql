-- Lines of the ledger that others have replaced before a moment: the books of any later one stay as they are.
DELETE FROM ledger${local}
WHERE version < %(before)s
  AND (program, user, wiki, kind, rev_id, version) NOT IN (
    SELECT program, user, wiki, kind, rev_id, max(version)
    FROM ledger${local}
    WHERE version < %(before)s
    GROUP BY program, user, wiki, kind, rev_id
  )
SETTINGS allow_nondeterministic_mutations = 1
