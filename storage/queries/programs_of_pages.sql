-- Programs that may know the pages of the external table pages(wiki, title).
SELECT DISTINCT wiki, title, program
FROM program_pages
WHERE (wiki, title) IN (SELECT wiki, title FROM pages)
