CREATE OR REPLACE VIEW $analytics.results$on_cluster
(
    program String COMMENT 'the program; unit: slug; e.g. women-in-red-2026-11',
    name String COMMENT 'what its organisers call the result; unit: name; e.g. final',
    as_of DateTime64(6, 'UTC') COMMENT 'moment at which the books stood so; unit: microseconds, UTC; e.g. 2026-11-15 16:00:00.000000',
    frozen_at DateTime64(6, 'UTC') COMMENT 'when it was written down; unit: microseconds, UTC; e.g. 2026-11-15 16:30:00.000000',
    edits UInt64 COMMENT 'edits that counted; unit: edits; e.g. 240',
    bytes_added UInt64 COMMENT 'sum of what was added; unit: bytes; e.g. 204800',
    articles_created UInt64 COMMENT 'pages created; unit: pages; e.g. 31',
    editors UInt64 COMMENT 'people with a contribution; unit: people; e.g. 12',
    digest String COMMENT 'of the board as it is kept; unit: SHA-256, hexadecimal; e.g. 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    program, name, as_of, frozen_at,
    JSONExtractUInt(board, 'totals', 'edits') AS edits,
    JSONExtractUInt(board, 'totals', 'bytes_added') AS bytes_added,
    JSONExtractUInt(board, 'totals', 'articles_created') AS articles_created,
    JSONExtractUInt(board, 'totals', 'editors') AS editors,
    digest
FROM $physical.results FINAL
WHERE program IN (SELECT slug FROM $physical.public_programs)
COMMENT 'Frozen results of public programs'
