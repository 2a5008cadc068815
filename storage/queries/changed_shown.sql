-- changed_shown
-- Which version of these programs the table has.
SELECT slug, max(version) FROM programs WHERE slug IN %(slugs)s GROUP BY slug
