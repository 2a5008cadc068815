-- One title of every namespace of every wiki: they teach the localised names of namespaces.
SELECT wiki, namespace, any(title) FROM facts WHERE kind = 'edit' GROUP BY wiki, namespace
