-- Differs whenever a program was added or changed.
SELECT uniqExact(slug, version), max(version) FROM programs
