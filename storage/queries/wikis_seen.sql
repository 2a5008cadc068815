-- Wikis of which the stream told anything.
SELECT DISTINCT wiki FROM facts WHERE direction != 'listed'
