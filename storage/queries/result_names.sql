-- Which results a program has, whoever may see them: for whoever writes them.
SELECT name FROM results WHERE program = %(program)s
