-- The active programs of the given visibilities.
SELECT slug, version, definition
FROM programs FINAL
WHERE status = 'active' AND visibility IN %(visibilities)s
ORDER BY slug
