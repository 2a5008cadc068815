-- The frozen results of some programs.
SELECT program, name, board FROM results FINAL WHERE program IN %(programs)s
