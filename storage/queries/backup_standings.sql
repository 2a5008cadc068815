-- Who has standings, or should have.
SELECT program, user FROM contributions FINAL
UNION DISTINCT
SELECT program, user FROM standings FINAL
