-- Programs with standings newer than a version, and these versions.
SELECT DISTINCT program, version FROM standings WHERE version > %(since)s
