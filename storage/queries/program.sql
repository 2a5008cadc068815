-- The newest definition of one program, if it is of the given visibilities.
SELECT definition
FROM (
    SELECT argMax(definition, version) AS definition, argMax(visibility, version) AS shown
    FROM programs
    WHERE slug = %(slug)s
    GROUP BY slug
)
WHERE shown IN %(visibilities)s
