ALTER TABLE alerts${local}
UPDATE
    users = arrayMap(each -> if(has(%(own)s, each), %(instead)s, each), users),
    step_users = arrayMap(each -> if(has(%(own)s, each), %(instead)s, each), step_users),
    step_details = arrayMap(each -> if(match(each, %(pattern)s), '', each), step_details)
WHERE hasAny(users, %(own)s) OR hasAny(step_users, %(own)s) OR arrayExists(each -> match(each, %(pattern)s), step_details)
SETTINGS mutations_sync = 2
