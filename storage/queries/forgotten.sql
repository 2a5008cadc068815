-- Who was forgotten.
SELECT number, digest, salt, forgotten_at FROM forgotten FINAL
