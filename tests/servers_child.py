"""The process of a server of the tests: `python -m tests.servers_child DIRECTORY [LIBRARY]`.

It serves from the chdb wheel, or from a `libchdb.so` of another version, and ends when its standard input does.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from pathlib import Path

STATEMENTS = (
    "SYSTEM START LISTEN TCP",
    "SYSTEM START LISTEN HTTP",
    "SELECT sleepEachRow(0.1) FROM numbers(1000000000000) "
    "SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0 FORMAT Null",
)
DATA = "../data"


class LocalResult(ctypes.Structure):
    """`local_result_v2` of chdb.h."""

    _fields_ = (
        ("buf", ctypes.c_char_p),
        ("len", ctypes.c_size_t),
        ("vec", ctypes.c_void_p),
        ("elapsed", ctypes.c_double),
        ("rows_read", ctypes.c_uint64),
        ("bytes_read", ctypes.c_uint64),
        ("error_message", ctypes.c_char_p),
    )


def main() -> None:
    directory, library = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch_owner, daemon=True).start()
    if library is None:
        # Before any config.xml lies in the working directory: chdb reads it while it is imported, and fails on ours.
        import chdb

        os.chdir(directory / "conf")
        why = str(chdb._chdb.query("; ".join(STATEMENTS), "TabSeparated", path=DATA).error_message())  # type: ignore[attr-defined]
    else:
        os.chdir(directory / "conf")
        why = _serve(library)
    sys.stdout.write(f"{why}\n")
    sys.stdout.flush()
    os._exit(1)


def _serve(library: str) -> str:
    """clickhouse-local's main, as the library has it."""
    run = ctypes.CDLL(library).query_stable_v2
    run.argtypes, run.restype = (ctypes.c_int, ctypes.POINTER(ctypes.c_char_p)), ctypes.POINTER(LocalResult)
    query = "; ".join(STATEMENTS)
    given = ("clickhouse", "--multiquery", "--output-format=TabSeparated", f"--path={DATA}", f"--query={query}")
    arguments = (ctypes.c_char_p * len(given))(*(one.encode() for one in given))
    message = run(len(given), arguments).contents.error_message
    return message.decode(errors="replace") if message else "it ended by itself"


def _watch_owner() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
