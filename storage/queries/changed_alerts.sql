-- Alerts with steps that were new when they were written with a version newer than this.
SELECT program, alert_id, version FROM alerts FINAL WHERE version > %(since)s AND fresh > 0
