-- Who was renamed, on any wiki.
SELECT * EXCEPT (received_at) FROM facts WHERE kind = 'log' AND log_type IN ('renameuser', 'gblrename')
