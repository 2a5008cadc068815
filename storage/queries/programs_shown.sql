-- Every program as it is shown, whatever has become of it.
SELECT slug, definition FROM programs FINAL
