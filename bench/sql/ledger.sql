-- Each edit of a participant in the books of `programs`, as it would be entered when it comes.
INSERT INTO ledger (
    program, user, wiki, kind, rev_id, verdict, occurred_at, title, namespace, byte_delta, created, user_class, reverted,
    action, version, gone, before, cause_kind, cause
)
SELECT
    members.program, facts.user, facts.wiki, 'edit', facts.rev_id,
    multiIf(facts.namespace != 0, 'namespace_not_tracked', facts.bot, 'bot', 'counted') AS verdict,
    facts.occurred_at, facts.title, facts.namespace,
    if(facts.created, facts.length_new, facts.length_new - facts.length_old),
    facts.created AND facts.namespace = 0, CAST(facts.user_class, 'String'), false,
    '', toUnixTimestamp64Micro(toDateTime64(facts.received_at, 6, 'UTC')), 0, '', 'edit', facts.event_id
FROM facts
INNER JOIN (SELECT program, user FROM participants FINAL WHERE program IN %(programs)s) AS members ON members.user = facts.user
WHERE facts.kind = 'edit' AND facts.user IN (SELECT user FROM participants FINAL WHERE program IN %(programs)s)
