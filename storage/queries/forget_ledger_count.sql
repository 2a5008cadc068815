SELECT count() FROM ledger WHERE user IN %(names)s
