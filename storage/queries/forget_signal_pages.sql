DELETE FROM signals${local} WHERE (wiki, page) IN %(before)s OR (wiki, title) IN %(before)s OR (wiki, target) IN %(before)s
