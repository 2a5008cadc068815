CREATE OR REPLACE VIEW $analytics.contributions$on_cluster
(
    program String COMMENT 'the program; unit: slug; e.g. women-in-red-2026-11',
    wiki LowCardinality(String) COMMENT 'the wiki; unit: server name; e.g. en.wikipedia.org',
    kind LowCardinality(String) COMMENT 'what was done; unit: edit or upload; e.g. edit',
    rev_id Int64 COMMENT 'the revision, or the log entry of an upload, with program, wiki and kind the identity of the row; unit: id; e.g. 1167812345',
    user String COMMENT 'who did it, by the name of today; unit: user name; e.g. Chén Xiǎomíng',
    user_class LowCardinality(String) COMMENT 'the kind of account; unit: named or temporary; e.g. named',
    verdict LowCardinality(String) COMMENT 'counted, or the one reason why not; unit: reason code; e.g. namespace_not_tracked',
    occurred_at DateTime('UTC') COMMENT 'when it was done; unit: seconds, UTC; e.g. 2026-11-23 18:56:32',
    title String COMMENT 'its page, where it is now; unit: prefixed title with spaces; e.g. Marie Curie',
    namespace Int32 COMMENT 'the namespace of title; unit: namespace number; e.g. 0',
    byte_delta Nullable(Int64) COMMENT 'added, negative where removed, NULL where not known; unit: bytes; e.g. 76',
    created Bool COMMENT 'the first revision of a page that is in a content namespace now; unit: true or false; e.g. true',
    reverted Bool COMMENT 'was reverted since, as the wiki tags it; unit: true or false; e.g. false',
    action LowCardinality(String) COMMENT 'what it did beyond its bytes on Wikidata and Wikisource, else empty; unit: word; e.g. label_added',
    judged_at DateTime64(6, 'UTC') COMMENT 'when the row was last changed; unit: microseconds, UTC; e.g. 2026-11-23 18:56:34.001200'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    program, wiki, kind, rev_id, user, user_class, verdict, occurred_at, title, namespace, byte_delta, created, reverted,
    action, fromUnixTimestamp64Micro(toInt64(version), 'UTC') AS judged_at
FROM $physical.contributions FINAL
WHERE program IN (SELECT slug FROM $physical.public_programs WHERE NOT nameless)
  AND (program, user) NOT IN (SELECT program, user FROM $physical.hidden_names)
  AND NOT (program IN (SELECT program FROM $physical.hidden_names) AND user IN (SELECT user FROM $physical.renamed_names))
COMMENT 'Every edit and upload of public programs with its verdict, but for those of people who hide their names'
