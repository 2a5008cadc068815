-- Dead letters that hold one of some strings.
SELECT hex(digest), hex(data) FROM dead_letters WHERE arrayExists(needle -> position(data, needle) > 0, %(needles)s)
