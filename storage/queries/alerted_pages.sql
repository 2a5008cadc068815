-- Pages of which there are alerts of these kinds.
SELECT DISTINCT program, wiki, title FROM alerts FINAL WHERE kind IN %(kinds)s AND title != ''
