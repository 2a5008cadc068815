-- Names that were seen and begin alike: some of them, for suggestions.
SELECT DISTINCT user FROM facts WHERE user >= %(prefix)s AND startsWith(user, %(prefix)s) LIMIT 20000
