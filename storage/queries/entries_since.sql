-- Whose books changed with a version or after it.
SELECT DISTINCT program, user FROM contributions WHERE version >= %(version)s
