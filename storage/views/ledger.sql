CREATE OR REPLACE VIEW $analytics.ledger$on_cluster
(
    program String COMMENT 'the program; unit: slug; e.g. women-in-red-2026-11',
    wiki LowCardinality(String) COMMENT 'the wiki; unit: server name; e.g. en.wikipedia.org',
    kind LowCardinality(String) COMMENT 'what was done; unit: edit or upload; e.g. edit',
    rev_id Int64 COMMENT 'the revision, or the log entry of an upload; unit: id; e.g. 1167812345',
    changed_at DateTime64(6, 'UTC') COMMENT 'when the books changed; unit: microseconds, UTC; e.g. 2026-11-23 18:56:34.001200',
    before LowCardinality(String) COMMENT 'the verdict until then, empty where the row is new; unit: reason code; e.g. counted',
    after LowCardinality(String) COMMENT 'the verdict from then on, empty where the row was taken out; unit: reason code; e.g. page_deleted',
    cause_kind LowCardinality(String) COMMENT 'what changed it; unit: kind of fact or decision; e.g. delete/delete',
    cause String COMMENT 'that fact or decision; unit: id of the event; e.g. d5d2281e-9651-4ab9-aceb-7b2ac9fc4463',
    user String COMMENT 'who did it, by the name of that day; unit: user name; e.g. Chén Xiǎomíng',
    occurred_at DateTime('UTC') COMMENT 'when it was done; unit: seconds, UTC; e.g. 2026-11-23 18:56:32',
    title String COMMENT 'its page, where it was by then; unit: prefixed title with spaces; e.g. Marie Curie',
    namespace Int32 COMMENT 'the namespace of title; unit: namespace number; e.g. 0',
    byte_delta Nullable(Int64) COMMENT 'added, negative where removed, NULL where not known; unit: bytes; e.g. 76'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    program, wiki, kind, rev_id, fromUnixTimestamp64Micro(toInt64(version), 'UTC') AS changed_at, before,
    if(gone, '', verdict) AS after, cause_kind, cause, user, occurred_at, title, namespace, byte_delta
FROM $physical.ledger FINAL
WHERE program IN (SELECT slug FROM $physical.public_programs WHERE NOT nameless)
  AND (program, user) NOT IN (SELECT program, user FROM $physical.hidden_names)
  AND NOT (program IN (SELECT program FROM $physical.hidden_names) AND user IN (SELECT user FROM $physical.renamed_names))
COMMENT 'Every change of a verdict in public programs with its cause, but for those of people who hide their names'
