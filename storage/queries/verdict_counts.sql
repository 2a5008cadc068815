-- How many actions of a program's books have each verdict.
SELECT verdict, count() FROM contributions FINAL WHERE program = %(program)s GROUP BY verdict
