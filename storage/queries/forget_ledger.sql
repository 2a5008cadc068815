DELETE FROM ledger${local} WHERE user IN %(names)s
