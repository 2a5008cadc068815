-- What happened to the pages of the external table pages(wiki, title).
SELECT DISTINCT wiki, title, act, occurred_at, rcid, event_id, kind, user, rev_id, category, detail, target, namespace, over_redirect
FROM signals FINAL
WHERE (wiki, page) IN (SELECT wiki, title FROM pages)
