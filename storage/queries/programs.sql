-- The newest definition of every program, of the given visibilities.
SELECT slug, definition
FROM (
    SELECT slug, argMax(definition, version) AS definition, argMax(visibility, version) AS shown
    FROM programs
    GROUP BY slug
)
WHERE shown IN %(visibilities)s
ORDER BY slug
