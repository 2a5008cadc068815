-- Titles of user pages that may be somebody's, in alerts and in what they are made of.
SELECT DISTINCT wiki, title
FROM (
    SELECT wiki, title FROM alerts
    UNION ALL SELECT wiki, page AS title FROM signals
    UNION ALL SELECT wiki, title FROM program_pages
)
WHERE arrayExists(name -> position(title, concat(':', name)) > 0, %(names)s)
