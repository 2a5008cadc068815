-- Which version of each program the table has.
SELECT slug, max(version) FROM programs GROUP BY slug
