-- Up to when all is in, by the list of streams that is furthest, and how many gaps are open. Of a list that several
-- workers read, the partition that is least far decides.
SELECT
    (SELECT max(behind) FROM (SELECT min(watermark) AS behind FROM checkpoints FINAL GROUP BY streams)),
    (SELECT count() FROM gaps FINAL WHERE NOT closed)
