-- The alerts of the external table keys(program, alert_id).
SELECT * EXCEPT (gone)
FROM alerts FINAL
WHERE (program, alert_id) IN (SELECT program, alert_id FROM keys)
