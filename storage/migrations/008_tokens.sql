-- Tokens of the API. Their secrets are not kept.
CREATE TABLE IF NOT EXISTS tokens
(
    digest String COMMENT 'SHA-256 of the secret, hexadecimal',
    name String COMMENT 'who has it or what for',
    role LowCardinality(String) COMMENT 'viewer, organiser, campaign_organiser or admin',
    programs Array(String) COMMENT 'slugs of the programs that it is for',
    campaigns Array(String) COMMENT 'slugs of the campaigns that it is for',
    created_at DateTime64(6, 'UTC') COMMENT 'when it was made',
    created_by String COMMENT 'who made it',
    expires Nullable(DateTime64(6, 'UTC')) COMMENT 'from then on it is good for nothing; NULL: never',
    revoked_at Nullable(DateTime64(6, 'UTC')) COMMENT 'when it was revoked; NULL: it was not',
    revision UInt8 COMMENT '1: made, 2: revoked; the highest counts'
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY digest
COMMENT 'Tokens of the API, without their secrets';
