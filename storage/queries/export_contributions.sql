-- Every action in the books of a program that is of the given visibilities, in order, as a stream over HTTP.
-- `names` 0: but for those of people who hide their names.
SELECT
    program, wiki, toString(kind) AS kind, rev_id, user, toString(user_class) AS user_class, verdict, occurred_at, title,
    namespace, byte_delta, created, reverted, action, fromUnixTimestamp64Micro(toInt64(version), 'UTC') AS judged_at
FROM contributions FINAL
WHERE program = {program:String}
  AND program GLOBAL IN (
    SELECT slug
    FROM programs FINAL
    WHERE status = 'active' AND visibility IN {visibilities:Array(String)}
      AND ({names:UInt8} = 1 OR NOT ifNull(names_until <= now(), false))
  )
  AND ({names:UInt8} = 1 OR (
    user GLOBAL NOT IN (SELECT user FROM participants FINAL WHERE program = {program:String} AND hidden)
    AND user GLOBAL NOT IN (
        SELECT arrayJoin([page, replaceAll(JSONExtractString(params, 'olduser'), '_', ' ')])
        FROM facts
        WHERE kind = 'log' AND log_type IN ('renameuser', 'gblrename')
          AND (SELECT count() FROM participants FINAL WHERE program = {program:String} AND hidden) > 0
    )
  ))
ORDER BY occurred_at, wiki, kind, rev_id
