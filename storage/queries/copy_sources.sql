-- Which stores were copied into this one.
SELECT source FROM copies FINAL
