-- The newest definition of every program, of the given visibilities.
SELECT slug, newest, definition
FROM (
    SELECT
        slug, max(version) AS newest, argMax(definition, version) AS definition, argMax(visibility, version) AS shown
    FROM programs
    GROUP BY slug
)
WHERE shown IN %(visibilities)s
ORDER BY slug
