-- The books of `programs`, as their ledger has them.
INSERT INTO contributions (
    program, user, wiki, kind, rev_id, verdict, occurred_at, title, namespace, byte_delta, created, user_class, reverted,
    action, version, gone
)
SELECT
    program, user, wiki, kind, rev_id, verdict, occurred_at, title, namespace, byte_delta, created, user_class, reverted,
    action, version, gone
FROM ledger
WHERE program IN %(programs)s
