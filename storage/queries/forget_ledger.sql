DELETE FROM ledger WHERE user IN %(names)s
