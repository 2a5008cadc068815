-- Wikis of which there are facts.
SELECT DISTINCT wiki FROM facts
