-- The version of its definition that each program's books are complete for.
SELECT slug, max(version) FROM books GROUP BY slug
