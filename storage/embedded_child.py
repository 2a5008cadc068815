"""The embedded ClickHouse server's own process: `python -m storage.embedded_child DIRECTORY TCP_PORT HTTP_PORT OWNER`.

Started by `storage.embedded` and by nothing else. It lives exactly as long as its owner wants: until the owner kills
the keep-alive query (a clean end), or until the owner is gone, which it learns from its standard input.
"""

from __future__ import annotations

import ctypes
import fcntl
import importlib.util
import json
import os
import signal
import sys
import sysconfig
import threading
from collections.abc import Iterator
from pathlib import Path

from storage import landlock

KEEP_ALIVE = "SELECT sleepEachRow(0.1) FROM numbers(1000000000000)"
"""The query that holds the server open: clickhouse-local ends with its last one, so this one does not end by itself.

It notices that it was killed after the row it sleeps on, which bounds how fast a stop can be.
"""
WAS_CANCELLED = "QUERY_WAS_CANCELLED"
PR_SET_PDEATHSIG = 1

SYSTEM_FILES = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/diskstats",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/mounts",
    "/proc/net",
    "/proc/pressure",
    "/proc/stat",
    "/proc/sys",
    "/proc/uptime",
    "/proc/vmstat",
    "/sys/block",
    "/sys/dev/block",
    "/sys/devices",
    "/sys/fs/cgroup",
    "/sys/kernel/mm",
)
DEVICES = ("/dev/null", "/dev/urandom", "/dev/zero")


def main() -> None:
    directory, tcp_port, http_port, owner = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    # The owner decides when to stop: a signal to the whole group (Ctrl-C, a service manager) must leave the server
    # there for the owner's last write.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    lock = os.open(directory / "server.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("another server already runs on this directory")

    confined = _confine(directory, tcp_port, http_port)
    os.ftruncate(lock, 0)
    os.write(lock, json.dumps({"pid": os.getpid(), "landlock_abi": confined}).encode())
    _die_with(owner)

    # From an empty working directory: chdb reads any config.xml it finds there while it is imported, and fails on ours.
    import chdb

    os.chdir(directory / "conf")
    # Relative: the engine reads some dashes of an argument as others.
    message = _serve(chdb, Path("../data"))
    _say(message)
    os._exit(0 if WAS_CANCELLED in message else 1)


def _say(message: str) -> None:
    """Into the child's log, which the owner reads when the server does not come up."""
    sys.stdout.write(f"{message}\n")
    sys.stdout.flush()


def _serve(chdb: object, data: Path) -> str:
    """Run the server until its keep-alive query is killed or it fails; returns why it ended."""
    statements = (
        "SYSTEM START LISTEN TCP",
        "SYSTEM START LISTEN HTTP",
        f"{KEEP_ALIVE} SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0 FORMAT Null",
    )
    try:
        # The format becomes the server's default one; HTTP clients expect it to be this.
        result = chdb._chdb.query("; ".join(statements), "TabSeparated", path=str(data))  # type: ignore[attr-defined]
    except RuntimeError as error:
        return str(error)
    return str(result.error_message())


def _confine(directory: Path, tcp_port: int, http_port: int) -> int:
    """Leave the server its data, its logs and what it runs on; not the passwords, which lie beside them."""
    try:
        return landlock.restrict(
            read=[directory / "conf", *map(Path, SYSTEM_FILES), *_python_files()],
            write=[*(directory / name for name in ("data", "log", "tmp")), *map(Path, DEVICES)],
            bind=[tcp_port, http_port],
        )
    except OSError as error:
        _say(f"landlock: {error}")
        return 0


def _python_files() -> Iterator[Path]:
    """Where imports come from, except the project itself: its directory may hold more than code."""
    yield from (Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    yield Path(sysconfig.get_config_var("LIBDIR") or sys.base_prefix)
    chdb = importlib.util.find_spec("chdb")
    if chdb is not None and chdb.origin is not None:
        yield Path(chdb.origin).parents[1]


def _die_with(owner: int) -> None:
    """End this process at once when its owner is gone, however the owner ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
    if os.getppid() != owner:
        os._exit(1)
    threading.Thread(target=_watch_owner, daemon=True).start()


def _watch_owner() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
