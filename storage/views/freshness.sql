CREATE OR REPLACE VIEW $analytics.freshness$on_cluster
(
    as_of Nullable(DateTime64(3, 'UTC')) COMMENT 'time up to which all of the stream is stored, NULL where nothing was read; unit: milliseconds, UTC; e.g. 2026-11-23 19:20:00.120',
    lag_seconds Nullable(Float64) COMMENT 'how far as_of lies behind now; unit: seconds; e.g. 1.8',
    gaps UInt64 COMMENT 'stretches of the stream known to be missing; unit: gaps; e.g. 0',
    missing_events UInt64 COMMENT 'events in these gaps; unit: events; e.g. 0'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    if(watermark = toDateTime64(0, 3, 'UTC'), NULL, watermark) AS as_of,
    dateDiff('millisecond', as_of, now64(3)) / 1000 AS lag_seconds,
    (SELECT count() FROM $physical.gaps FINAL WHERE NOT closed) AS gaps,
    (SELECT toUInt64(sum(last - first + 1)) FROM $physical.gaps FINAL WHERE NOT closed) AS missing_events
FROM (SELECT max(watermark) AS watermark FROM $physical.checkpoints FINAL)
COMMENT 'How fresh everything is: one row'
