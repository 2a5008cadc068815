-- The version of its program that each program's books are complete for.
SELECT slug, version FROM books FINAL
