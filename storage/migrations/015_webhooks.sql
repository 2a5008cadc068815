-- Who is told of alerts, the outbox of what they are told, and what became of it.
CREATE TABLE IF NOT EXISTS webhook_subscriptions
(
    id String COMMENT 'the subscription: wh_3f0c9a1b2d4e',
    program String COMMENT 'slug of the program that it is for; empty: see campaign',
    campaign String COMMENT 'slug of the campaign that it is for; with no program either: all that is not private',
    kinds Array(LowCardinality(String)) COMMENT 'kinds of alerts; empty: all',
    format LowCardinality(String) COMMENT 'standard, slack, mattermost, matrix, discord, telegram or email',
    url String COMMENT 'where to',
    state LowCardinality(String) COMMENT 'active or ended',
    ended_because String COMMENT 'why it ended: removed, gone',
    secret String COMMENT 'what signs, encrypted by WIKITALLY_SECRET_KEY; empty: nothing signs',
    former_secret String COMMENT 'what signs too until former_until, encrypted',
    former_until Nullable(DateTime64(6, 'UTC')) COMMENT 'until when',
    created_at DateTime64(6, 'UTC') COMMENT 'when it was made',
    created_by String COMMENT 'who made it',
    version UInt64 COMMENT 'microseconds of the clock; the highest counts'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY id
COMMENT 'Webhooks, chats and mail addresses that are told of alerts';

CREATE TABLE IF NOT EXISTS deliveries
(
    subscription String COMMENT 'id of the subscription',
    message_id String COMMENT 'webhook-id of the message: msg_ and 32 hexadecimal digits',
    notice String COMMENT 'what is told, as JSON; empty once it has arrived',
    type LowCardinality(String) COMMENT 'alert.tagged, …, webhook.test',
    queued_at DateTime64(6, 'UTC') COMMENT 'when it was put here, or replayed',
    place UInt32 COMMENT 'among what was put here at the same time',
    next_at DateTime64(6, 'UTC') COMMENT 'when it is due',
    state LowCardinality(String) COMMENT 'pending, delivered or dead',
    attempts UInt16 COMMENT 'made since it was put here',
    status UInt16 COMMENT 'HTTP status of the last attempt; 0: none',
    error LowCardinality(String) COMMENT 'why the last attempt failed: timeout, http_503, …',
    seconds Float64 COMMENT 'how long the last attempt took',
    revision UInt32 COMMENT '0: as it was put here, then one more for each change; the highest counts',
    stored_at DateTime64(6, 'UTC') DEFAULT now64(6) COMMENT 'when the server took the row',
    INDEX stored stored_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (subscription, message_id)
COMMENT 'The outbox of messages to subscriptions';

CREATE TABLE IF NOT EXISTS delivery_attempts
(
    subscription String COMMENT 'id of the subscription',
    message_id String COMMENT 'webhook-id of the message',
    revision UInt32 COMMENT 'of the delivery after it',
    type LowCardinality(String) COMMENT 'alert.tagged, …, webhook.test',
    at DateTime64(6, 'UTC') COMMENT 'when it ended',
    attempt UInt16 COMMENT '1, 2, …',
    status UInt16 COMMENT 'HTTP status; 0: there was no answer',
    error LowCardinality(String) COMMENT 'timeout, dns, refused, tls, not_allowed, http_503, …; empty: it arrived',
    seconds Float64 COMMENT 'how long it took'
)
ENGINE = ReplacingMergeTree
ORDER BY (subscription, message_id, revision)
COMMENT 'Every attempt to deliver a message';
