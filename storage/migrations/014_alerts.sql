-- What alerts are made of: deletion tags by category or summary, deletions, moves, protections, blocks, on all wikis.
-- By the titles that they are found by, so that a page's whole story is one look-up.
CREATE TABLE IF NOT EXISTS signals
(
    wiki LowCardinality(String) COMMENT 'server name: en.wikipedia.org',
    page String COMMENT 'title that the row is found by: of a move, the old or the new one',
    event_id String COMMENT 'the fact that says so',
    act LowCardinality(String) COMMENT 'tagged, untagged, deleted, restored, moved, protected, unprotected, blocked, unblocked',
    kind LowCardinality(String) COMMENT 'of tags: speedy, proposed, discussion, other_deletion',
    occurred_at DateTime('UTC') COMMENT 'when it happened, seconds',
    rcid Int64 COMMENT 'orders what happened in one second; 4611686018427387904: not known',
    title String COMMENT 'what the page was called; of a block, the user page',
    target String COMMENT 'of a move, where to',
    namespace Int32 COMMENT 'of title',
    over_redirect Bool COMMENT 'of a move, a redirect had to go for it',
    user String COMMENT 'who did it; empty: nobody with a name, or hidden',
    rev_id Int64 COMMENT 'revision that did it; 0: none',
    category String COMMENT 'of a tag, the category; empty: a summary told',
    detail String COMMENT 'edit summary or log comment'
)
ENGINE = ReplacingMergeTree
ORDER BY (wiki, page, event_id)
SETTINGS index_granularity = 1024
COMMENT 'What alerts are made of, by page';

INSERT INTO signals
SELECT
    wiki,
    arrayJoin(if(log_type = 'move', [title, page], [title])),
    event_id,
    multiIf(log_type = 'move', 'moved', log_action = 'delete', 'deleted', log_action = 'restore', 'restored',
        log_type = 'protect', if(log_action = 'unprotect', 'unprotected', 'protected'),
        if(log_action = 'unblock', 'unblocked', 'blocked')),
    '',
    occurred_at,
    if(rcid = 0, 4611686018427387904, rcid),
    title,
    if(log_type = 'move', page, ''),
    namespace,
    log_action = 'move_redir',
    if(user_class IN ('named', 'temporary'), user, ''),
    0,
    '',
    comment
FROM facts
WHERE kind = 'log' AND (log_type, log_action) IN (
    ('delete', 'delete'), ('delete', 'restore'), ('move', 'move'), ('move', 'move_redir'),
    ('protect', 'protect'), ('protect', 'modify'), ('protect', 'unprotect'),
    ('block', 'block'), ('block', 'reblock'), ('block', 'unblock')
);

-- Which programs may know a page: one look-up, however many programs there are. Nothing is ever taken out;
-- contributions say whether it still holds.
CREATE TABLE IF NOT EXISTS program_pages
(
    wiki LowCardinality(String) COMMENT 'server name: en.wikipedia.org',
    title String COMMENT 'a title that the page has or had',
    program String COMMENT 'slug of a program that somebody edited it for'
)
ENGINE = ReplacingMergeTree
ORDER BY (wiki, title, program)
SETTINGS index_granularity = 1024
COMMENT 'Pages that programs may know';

INSERT INTO program_pages
SELECT DISTINCT wiki, title, program
FROM contributions FINAL
WHERE verdict IN ('counted', 'namespace_not_tracked', 'redirect', 'page_deleted', 'revision_suppressed', 'reverted_excluded');

ALTER TABLE contributions ADD INDEX IF NOT EXISTS by_title title TYPE bloom_filter(0.01) GRANULARITY 1;

-- What organisers should see, each with its whole history.
CREATE TABLE IF NOT EXISTS alerts
(
    program String COMMENT 'slug of the program',
    alert_id String COMMENT '32 hexadecimal digits',
    kind LowCardinality(String) COMMENT 'speedy, deleted, moved_out, reverted, milestone, …',
    state LowCardinality(String) COMMENT 'tagged, untagged, kept, deleted, restored, open or closed: of the last step',
    wiki LowCardinality(String) COMMENT 'server name; empty: about no wiki',
    title String COMMENT 'the page, where it is now; empty: about none',
    users Array(String) COMMENT 'participants concerned',
    opened_at DateTime('UTC') COMMENT 'time of the first step',
    changed_at DateTime('UTC') COMMENT 'time of the last step',
    step_states Array(LowCardinality(String)) COMMENT 'steps in order: what the alert became',
    step_times Array(DateTime('UTC')) COMMENT 'when it happened on the wiki',
    step_causes Array(String) COMMENT 'id of the fact that brought it',
    step_users Array(String) COMMENT 'who did it; empty: nobody, or hidden',
    step_revisions Array(Int64) COMMENT 'revision that did it; 0: none',
    step_details Array(String) COMMENT 'for people: the category, where the page went',
    fresh UInt8 COMMENT 'how many of the last steps are new with this row',
    version UInt64 COMMENT 'time of writing in microseconds, ever growing; the newest row counts',
    gone UInt8 COMMENT '1: a late fact undid it; FINAL leaves such rows out'
)
ENGINE = ReplacingMergeTree(version, gone)
ORDER BY (program, alert_id)
SETTINGS index_granularity = 512
COMMENT 'Alerts of programs, with their histories';
