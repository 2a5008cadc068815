-- Accounts on a ClickHouse server of your own: run it once as an administrator, when wikitally has made its tables.
-- Put secrets in the place of the three passwords. Profiles and quotas may be changed; the grants are what is needed.
-- On a cluster run it on every host, or write ON CLUSTER behind each name that is made.

CREATE SETTINGS PROFILE IF NOT EXISTS wikitally_writer SETTINGS
    async_insert = 0,
    max_execution_time = 0;

CREATE SETTINGS PROFILE IF NOT EXISTS wikitally_reader SETTINGS
    readonly = 2,
    max_execution_time = 30 MIN 1 MAX 120,
    max_memory_usage = 2147483648 CONST;

-- For SQL of others, behind the gateway: time, rows and memory are limited, and what could get around a view is fixed.
CREATE SETTINGS PROFILE IF NOT EXISTS wikitally_analyst SETTINGS
    readonly = 2 CONST,
    max_execution_time = 30 MIN 1 MAX 60,
    max_rows_to_read = 10000000000 MIN 1 MAX 10000000000,
    max_memory_usage = 1073741824 CONST,
    max_memory_usage_for_user = 4294967296 CONST,
    max_concurrent_queries_for_user = 32 CONST,
    cancel_http_readonly_queries_on_client_close = 1,
    short_circuit_function_evaluation = 'force_enable' CONST,
    optimize_move_to_prewhere_if_final = 0 CONST,
    additional_table_filters = '{}' CONST,
    additional_result_filter = '' CONST,
    allow_introspection_functions = 0 CONST;

CREATE ROLE IF NOT EXISTS wikitally_writer SETTINGS PROFILE 'wikitally_writer';
CREATE ROLE IF NOT EXISTS wikitally_api SETTINGS PROFILE 'wikitally_reader';
CREATE ROLE IF NOT EXISTS wikitally_analyst SETTINGS PROFILE 'wikitally_analyst';

-- wikitally itself: it makes its tables and views, and reads and writes them.
GRANT CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP, TRUNCATE, ALTER, OPTIMIZE, SHOW, SELECT, INSERT ON wikitally.* TO wikitally_writer;
GRANT CREATE DATABASE, CREATE VIEW, DROP VIEW, ALTER, SHOW, SELECT ON analytics.* TO wikitally_writer;
GRANT CREATE TEMPORARY TABLE ON *.* TO wikitally_writer;
GRANT SELECT ON system.* TO wikitally_writer;
-- Only on a cluster: Distributed tables, and statements that all hosts are told.
GRANT REMOTE, CLUSTER ON *.* TO wikitally_writer;

-- Whoever may see everything, private programs too, and write nothing.
GRANT SELECT, SHOW ON wikitally.* TO wikitally_api;
GRANT SELECT, SHOW ON analytics.* TO wikitally_api;

-- The views, and nothing else.
GRANT SELECT ON analytics.* TO wikitally_analyst;

CREATE USER IF NOT EXISTS wikitally IDENTIFIED WITH sha256_password BY 'WRITER_PASSWORD' DEFAULT ROLE wikitally_writer;
CREATE USER IF NOT EXISTS wikitally_reader IDENTIFIED WITH sha256_password BY 'READER_PASSWORD' DEFAULT ROLE wikitally_api;
CREATE USER IF NOT EXISTS wikitally_analyst IDENTIFIED WITH sha256_password BY 'ANALYST_PASSWORD' DEFAULT ROLE wikitally_analyst;
GRANT wikitally_writer TO wikitally;
GRANT wikitally_api TO wikitally_reader;
GRANT wikitally_analyst TO wikitally_analyst;

-- Each token by itself: the gateway names it with every query.
CREATE QUOTA IF NOT EXISTS wikitally_analyst KEYED BY client_key, user_name
    FOR INTERVAL 1 hour MAX queries = 20000, execution_time = 3600, read_rows = 50000000000
    TO wikitally_analyst;
