CREATE OR REPLACE VIEW $analytics.programs$on_cluster
(
    program String COMMENT 'the id in addresses; unit: slug; e.g. women-in-red-2026-11',
    title String COMMENT 'for people; unit: text; e.g. Women in Red, November 2026',
    version UInt32 COMMENT 'how many decisions were made about it; unit: decisions; e.g. 14',
    starts DateTime('UTC') COMMENT 'start of the first session; unit: seconds, UTC; e.g. 2026-11-08 13:00:00',
    ends DateTime('UTC') COMMENT 'end of the last session, exclusive; unit: seconds, UTC; e.g. 2026-11-15 16:00:00',
    campaigns Array(String) COMMENT 'campaigns that it belongs to; unit: slugs; e.g. [''women-in-red'']',
    participants UInt64 COMMENT 'people in its list of participants; unit: people; e.g. 12',
    judged_version UInt32 COMMENT 'version that its contributions were judged by, less than version while that goes on; unit: decisions; e.g. 14'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    slug AS program, title, programs.version AS version, starts, ends, campaigns, members AS participants,
    judged AS judged_version
FROM (SELECT * FROM $physical.programs FINAL WHERE status = 'active' AND visibility = 'public') AS programs
LEFT JOIN (SELECT program, countIf(member) AS members FROM $physical.participants FINAL GROUP BY program) AS enrolled
    ON enrolled.program = programs.slug
LEFT JOIN (
    -- Of a division of the wikis of which all parts are there, the least holds for all.
    SELECT slug AS book, max(complete) AS judged
    FROM (
        SELECT slug, if(count() = of, min(version), 0) AS complete FROM $physical.judged FINAL GROUP BY slug, of
    )
    GROUP BY slug
) AS books ON books.book = programs.slug
COMMENT 'Public programs as they are now'
