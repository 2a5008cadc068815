-- The definition of one active program, if it is of the given visibilities.
SELECT version, definition
FROM programs FINAL
WHERE slug = %(slug)s AND status = 'active' AND visibility IN %(visibilities)s
