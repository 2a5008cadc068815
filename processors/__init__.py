"""The core of wikitally: facts, programs, judging and folding, as values and pure functions.

Nothing here opens a file, a socket or a clock; `tests/unit/test_architecture.py` keeps it so.
"""
