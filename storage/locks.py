"""Leases in ClickHouse: at most one process at a time does a thing, and one that died is succeeded."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple
from uuid import uuid4

from processors.errors import Conflict, StoreUnavailable
from storage.connection import Connections

TABLE = """
CREATE TABLE IF NOT EXISTS locks
(
    name String COMMENT 'what is locked: migrate',
    number UInt64 COMMENT '1, 2, … of this name; the highest counts',
    holder String COMMENT 'who took it: host:process:id',
    seconds UInt32 COMMENT 'for how long it was taken; 0: given back',
    taken_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when, by the clock of the server'
)
ENGINE = MergeTree
ORDER BY (name, number)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Who may do what nobody else may do meanwhile'
"""

_COLUMNS = ("name", "number", "holder", "seconds")


def new_holder() -> str:
    """A name for whoever holds something in this process, that nobody else has: host:process:id."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"


class Lease(NamedTuple):
    """The right to do something, for a while."""

    name: str
    number: int
    holder: str


class Locks:
    """The table `locks`. Appending the next number of a name is compare-and-swap, as in `program_events`."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def take(self, name: str, holder: str, seconds: int) -> Lease:
        """Take what nobody holds.

        Raises:
            Conflict: somebody holds it; the message says who.
            StoreUnavailable: the server is away.
        """
        rows = self._connections.rows("lock", {"name": name})
        for number, other, left in rows:
            if left > 0:
                raise Conflict(f"{name}: {other} holds the lock for another {left:.0f} s unless it is renewed")
            return self._put(name, number + 1, holder, seconds)
        return self._put(name, 1, holder, seconds)

    def renew(self, lease: Lease, seconds: int) -> Lease:
        """Hold it for so long from now on.

        Raises:
            Conflict: it ran out and somebody else took it.
        """
        return self._put(lease.name, lease.number + 1, lease.holder, seconds)

    def give_back(self, lease: Lease) -> None:
        """Let others have it at once."""
        with suppress(Conflict):
            self._put(lease.name, lease.number + 1, lease.holder, 0)

    def _put(self, name: str, number: int, holder: str, seconds: int) -> Lease:
        settings = {"insert_deduplicate": 1, "insert_deduplication_token": f"{name}:{number}"}
        self._connections.insert("locks", _COLUMNS, [[name], [number], [holder], [seconds]], settings)
        standing = self._connections.rows("lock_at", {"name": name, "number": number})
        if not standing:
            raise StoreUnavailable(f"ClickHouse takes no lock {name}")
        if standing[0][0] != holder:
            raise Conflict(f"{name}: {standing[0][0]} was faster to take the lock")
        return Lease(name, number, holder)


@contextmanager
def held(locks: Locks, name: str, *, seconds: int = 60, patience: float = 120.0) -> Iterator[None]:
    """Hold a lock for as long as the block takes, renewing it from a thread.

    Raises:
        Conflict: somebody else has it for longer than `patience` seconds.
    """
    holder = new_holder()
    lease = _taken(locks, name, holder, seconds, time.monotonic() + patience)
    done = threading.Event()

    def keep() -> None:
        nonlocal lease
        while not done.wait(seconds / 3):
            # Lost to somebody else, there is nothing left to keep.
            with suppress(StoreUnavailable, Conflict):
                lease = locks.renew(lease, seconds)

    keeper = threading.Thread(target=keep, name=f"lock {name}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()
        # A server that is away forgets the lock by itself.
        with suppress(StoreUnavailable):
            locks.give_back(lease)


def _taken(locks: Locks, name: str, holder: str, seconds: int, ends: float) -> Lease:
    while True:
        try:
            return locks.take(name, holder, seconds)
        except Conflict:
            if time.monotonic() > ends:
                raise
            time.sleep(0.2)
