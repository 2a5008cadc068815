-- One title of every namespace of the wikis of the external table wikis(wiki).
SELECT wiki, namespace, any(title) FROM facts WHERE kind = 'edit' AND wiki IN (SELECT wiki FROM wikis) GROUP BY wiki, namespace
