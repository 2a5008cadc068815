DELETE FROM program_pages${local} WHERE (wiki, title) IN %(before)s
