-- What was in it is in `judged`.
DROP TABLE IF EXISTS books;
