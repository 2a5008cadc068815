DELETE FROM ledger${local} WHERE kind = 'edit' AND rev_id IN %(ids)s AND (wiki, rev_id) IN %(revisions)s
