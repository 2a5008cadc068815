-- Events that could not be understood.
SELECT count() FROM dead_letters FINAL
