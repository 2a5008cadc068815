DELETE FROM dead_letters${local} WHERE digest IN (SELECT CAST(unhex(arrayJoin(%(digests)s)) AS FixedString(16)))
