DELETE FROM dead_letters${local} WHERE received_at < toDateTime(%(before)s, 'UTC')
