-- What the books say at the keys of the external table keys(program, user, wiki, kind, rev_id).
SELECT * EXCEPT (version, gone)
FROM contributions FINAL
WHERE (program, user, wiki, kind, rev_id) IN (
    SELECT program, user, wiki, CAST(kind AS Enum8('edit' = 1, 'upload' = 2)), rev_id FROM keys
)
