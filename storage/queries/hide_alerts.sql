ALTER TABLE alerts${local}
UPDATE
    users = emptyArrayString(),
    step_users = arrayMap(each -> '', step_users),
    step_details = if(kind = 'suppressed', step_details, arrayMap(each -> '', step_details))
WHERE arrayExists(each -> each IN %(ids)s AND (wiki, each) IN %(revisions)s, step_revisions)
SETTINGS mutations_sync = 2
