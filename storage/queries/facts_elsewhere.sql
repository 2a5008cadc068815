-- Which of some users have facts beside those of the given ids.
SELECT DISTINCT user FROM facts WHERE user IN %(users)s AND event_id NOT IN %(ids)s
