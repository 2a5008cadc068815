"""A ClickHouse that takes connections and never answers: health says so soon, and no threads pile up behind it."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import httpx

from api.app import create_app
from api.live import Live
from api.probes import LONGEST_SECONDS, Health
from deploy.answers.boards import StoreBoards
from deploy.clock import now
from deploy.working.shifts import Shifts
from deploy.working.watching import Watch, health_of
from processors.metrics import NoMetrics
from storage.clickhouse import ClickHouseStore
from storage.target import Target
from tests.unit.test_watching import Seen

TIMES = 2
SOON = LONGEST_SECONDS + 1.0
SILENT = f"the store does not answer within {LONGEST_SECONDS:g} seconds"


class Silence:
    """A port that takes connections, behind which nobody is."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        self.taken: list[socket.socket] = []

    @property
    def url(self) -> str:
        return f"clickhouse://u:p@127.0.0.1:{self.listener.getsockname()[1]}/wikitally"

    def connections(self) -> int:
        """How many there have been."""
        try:
            while True:
                self.taken.append(self.listener.accept()[0])
        except BlockingIOError:
            return len(self.taken)


@contextmanager
def silent_store() -> Iterator[tuple[Silence, ClickHouseStore]]:
    """For a block inside of a test: its event loop waits for threads, and those wait until the port is closed."""
    silence = Silence()
    store = ClickHouseStore(Target.parse(silence.url))
    try:
        yield silence, store
    finally:
        silence.connections()
        silence.listener.close()
        for connection in silence.taken:
            connection.close()
        store.close()


async def test_health_of_the_site_says_within_seconds_that_the_store_is_silent() -> None:
    async def health() -> Health:
        return Health(ok=True)

    with silent_store() as (silence, silent):
        boards = StoreBoards(silent, now)
        app = create_app(boards, Live(boards, metrics=NoMetrics()), metrics_text=bytes, health=health, version="9")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", timeout=60) as client:
            before = threading.active_count()
            for _ in range(TIMES):
                began = time.monotonic()
                answers = await asyncio.gather(*(client.get("/health") for _ in range(TIMES)))
                assert time.monotonic() - began < SOON
                for answer in answers:
                    assert answer.status_code == 503
                    assert answer.json() | {"ok": False, "detail": SILENT, "as_of": None} == answer.json()
            assert silence.connections() == 1
            assert threading.active_count() <= before + 1


async def test_health_of_a_worker_says_so_too() -> None:
    with silent_store() as (silence, silent):
        health = health_of(Watch(cast(Shifts, Seen(lag=0))), silent.connections.ping)
        for _ in range(TIMES):
            began = time.monotonic()
            assert await asyncio.gather(*(health() for _ in range(TIMES))) == [Health(ok=False, detail=SILENT)] * TIMES
            assert time.monotonic() - began < SOON
        assert silence.connections() == 1


async def test_a_worker_whose_store_answers_says_how_it_is(store: ClickHouseStore) -> None:
    health = health_of(Watch(cast(Shifts, Seen(lag=0))), store.connections.ping)
    assert await health() == Health(ok=True)
