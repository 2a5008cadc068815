SELECT count() FROM dead_letters WHERE received_at < toDateTime(%(before)s, 'UTC')
