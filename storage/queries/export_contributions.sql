-- Every action in a program's books, in order, as a stream over HTTP. `names` 0: but for those of people who hide their names.
SELECT
    program, wiki, toString(kind) AS kind, rev_id, user, toString(user_class) AS user_class, verdict, occurred_at, title,
    namespace, byte_delta, created, reverted, action, fromUnixTimestamp64Micro(toInt64(version), 'UTC') AS judged_at
FROM contributions FINAL
WHERE program = {program:String}
  AND ({names:UInt8} = 1 OR (
    program NOT IN (SELECT slug FROM programs FINAL WHERE names_until <= now())
    AND user NOT IN (SELECT user FROM participants FINAL WHERE program = {program:String} AND hidden)
    AND NOT (
        program IN (SELECT program FROM participants FINAL WHERE hidden)
        AND user IN (
            SELECT arrayJoin([page, replaceAll(JSONExtractString(params, 'olduser'), '_', ' ')])
            FROM facts
            WHERE kind = 'log' AND log_type IN ('renameuser', 'gblrename')
        )
    )
  ))
ORDER BY occurred_at, wiki, kind, rev_id
