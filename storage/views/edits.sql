CREATE OR REPLACE VIEW $analytics.edits$on_cluster
(
    wiki LowCardinality(String) COMMENT 'the wiki; unit: server name; e.g. en.wikipedia.org',
    rev_id Int64 COMMENT 'the revision, with wiki the identity of the edit; unit: id; e.g. 1167812345',
    parent_id Int64 COMMENT 'the revision before it, 0 where there is none; unit: id; e.g. 1167812001',
    occurred_at DateTime('UTC') COMMENT 'when it was made; unit: seconds, UTC; e.g. 2026-11-23 18:56:32',
    received_at DateTime64(3, 'UTC') COMMENT 'when wikitally saw it; unit: milliseconds, UTC; e.g. 2026-11-23 18:56:33.120',
    user String COMMENT 'who made it, by the name of then, empty where hidden or an IP address; unit: user name; e.g. Chén Xiǎomíng',
    user_class LowCardinality(String) COMMENT 'the kind of account; unit: named, temporary, anonymous or hidden; e.g. named',
    bot Bool COMMENT 'flagged as made by a bot; unit: true or false; e.g. false',
    minor Bool COMMENT 'marked as minor; unit: true or false; e.g. false',
    created Bool COMMENT 'the first revision of its page; unit: true or false; e.g. true',
    namespace Int32 COMMENT 'the namespace of title; unit: namespace number; e.g. 0',
    title String COMMENT 'the page, where it was then; unit: prefixed title with spaces; e.g. Talk:Marie Curie',
    comment String COMMENT 'the summary; unit: wikitext; e.g. /* Life */ typo',
    length_old Nullable(Int64) COMMENT 'the page before, NULL where not known or new; unit: bytes; e.g. 1024',
    length_new Nullable(Int64) COMMENT 'the page after, NULL where not known; unit: bytes; e.g. 1100',
    byte_delta Nullable(Int64) COMMENT 'added, negative where removed, NULL where not known; unit: bytes; e.g. 76',
    event_id String COMMENT 'the event of the stream; unit: UUID; e.g. d5d2281e-9651-4ab9-aceb-7b2ac9fc4463'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    wiki, rev_id, parent_id, occurred_at, received_at, user, user_class, bot, minor, created, namespace, title, comment,
    length_old, length_new,
    if(created, length_new, length_new - length_old) AS byte_delta,
    event_id
FROM $physical.facts FINAL
WHERE kind = 'edit'
COMMENT 'Every edit of every wiki that was read, counted somewhere or not'
