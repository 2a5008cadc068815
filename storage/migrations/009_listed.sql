-- Who is in a category already: pages that the wiki listed, and which lists were read when.
ALTER TABLE facts MODIFY COLUMN direction Enum8('none' = 0, 'added' = 1, 'removed' = 2, 'unknown' = 3, 'listed' = 4) COMMENT 'of categorize; listed: no change, the wiki said that the page was in the category';

CREATE TABLE IF NOT EXISTS listings
(
    wiki LowCardinality(String) COMMENT 'server name: en.wikipedia.org',
    category String COMMENT 'prefixed title: Category:Women scientists',
    depth UInt8 COMMENT 'levels of subcategories that were listed with it',
    pages UInt32 COMMENT 'different pages found',
    tried_at DateTime64(3, 'UTC') COMMENT 'when it was last tried; the newest row counts',
    listed_at DateTime64(3, 'UTC') COMMENT 'when it was last read to its end; 1970: never',
    error String COMMENT 'why it was not read to its end the last time; empty: it was'
)
ENGINE = ReplacingMergeTree(tried_at)
ORDER BY (wiki, category)
COMMENT 'Which categories were listed by their wikis, and when';
