-- Who has standings, or should have, and on which wiki.
SELECT program, user, wiki FROM contributions FINAL
UNION DISTINCT
SELECT program, user, wiki FROM standings FINAL
