-- Which categories were listed, and when.
SELECT wiki, category, depth, pages, tried_at, listed_at, error FROM listings FINAL
