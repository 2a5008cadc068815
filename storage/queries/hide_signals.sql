ALTER TABLE signals${local}
UPDATE user = '', detail = ''
WHERE rev_id IN %(ids)s AND (wiki, rev_id) IN %(revisions)s
SETTINGS mutations_sync = 2
