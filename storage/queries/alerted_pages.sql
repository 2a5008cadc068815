-- Pages of which there are alerts.
SELECT DISTINCT program, wiki, title FROM alerts FINAL WHERE title != ''
