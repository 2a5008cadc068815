-- Lines of the ledger that others have replaced before a moment.
SELECT count()
FROM ledger
WHERE version < %(before)s
  AND (program, user, wiki, kind, rev_id, version) NOT IN (
    SELECT program, user, wiki, kind, rev_id, max(version)
    FROM ledger
    WHERE version < %(before)s
    GROUP BY program, user, wiki, kind, rev_id
  )
