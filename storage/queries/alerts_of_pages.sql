-- The alerts of these programs about the pages of the external table pages(wiki, title).
SELECT * EXCEPT (gone)
FROM alerts FINAL
WHERE program IN %(programs)s AND (wiki, title) IN (SELECT wiki, title FROM pages)
