SELECT count()
FROM alerts
WHERE hasAny(users, %(own)s) OR hasAny(step_users, %(own)s) OR arrayExists(each -> match(each, %(pattern)s), step_details)
