-- The newest watermark of any list of streams, and how many gaps are open.
SELECT
    (SELECT max(watermark) FROM checkpoints FINAL),
    (SELECT count() FROM gaps FINAL WHERE NOT closed)
