-- Accounts whose registration was seen: kept aside, since looking for them among all facts at every board is too slow.
CREATE TABLE registrations
(
    user String COMMENT 'the account, by the name of that day',
    registered_at DateTime('UTC') COMMENT 'when it was made',
    seen_at SimpleAggregateFunction(min, DateTime('UTC')) COMMENT 'when somebody of that name is known to have been registered then'
)
ENGINE = AggregatingMergeTree
ORDER BY (user, registered_at)
SETTINGS index_granularity = 1024
COMMENT 'Accounts and when they were made, as far as the stream told';

-- Autocreated ones are old accounts that come to a wiki for the first time.
CREATE MATERIALIZED VIEW registrations_logged TO registrations AS
SELECT page AS user, occurred_at AS registered_at, min(occurred_at) AS seen_at
FROM facts
WHERE kind = 'log' AND log_type = 'newusers' AND log_action IN ('create', 'create2', 'byemail') AND page != ''
GROUP BY user, registered_at;

CREATE MATERIALIZED VIEW registrations_told TO registrations AS
SELECT user, parseDateTimeBestEffort(JSONExtractString(params, 'user_registered_at'), 'UTC') AS registered_at, min(occurred_at) AS seen_at
FROM facts
WHERE kind = 'page_change' AND user_class = 'named' AND user != '' AND JSONExtractString(params, 'user_registered_at') != ''
GROUP BY user, registered_at;

INSERT INTO registrations
SELECT page, occurred_at, min(occurred_at)
FROM facts
WHERE kind = 'log' AND log_type = 'newusers' AND log_action IN ('create', 'create2', 'byemail') AND page != ''
GROUP BY page, occurred_at;

INSERT INTO registrations
SELECT user, parseDateTimeBestEffort(JSONExtractString(params, 'user_registered_at'), 'UTC') AS registered_at, min(occurred_at)
FROM facts
WHERE kind = 'page_change' AND user_class = 'named' AND user != '' AND JSONExtractString(params, 'user_registered_at') != ''
GROUP BY user, registered_at;
