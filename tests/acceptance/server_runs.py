"""`wikitally run` in a process of its own, over a recording, on its own ClickHouse or on a given one."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from clickhouse_driver.errors import ServerException

from ingest.rehearsal import Rehearsal
from processors.errors import StoreUnavailable
from storage.clickhouse import ClickHouseStore
from storage.embedded import attach
from storage.target import Target
from tests.acceptance.commands import ENVIRONMENT, arguments
from tests.recorders import EVENTSTREAMS
from tests.servers import Server

COPIES = 4
FACTS = 1125 * COPIES
LETTERS = 3
BATCH_EVENTS, OVERLAP_SECONDS = 60, 1
"""A batch is longer than the overlap, or the overlap would heal a checkpoint that was written too early."""
STREAM = "recentchange"
PATIENCE = 120.0
PROGRAMS = """\
slug: everyone
title: Everyone
sessions: [{start: "2026-11-23T00:00Z", end: "2026-11-24T00:00Z"}]
wikis: ["*"]
namespaces: all
open: true
exclude: {bots: false}
---
slug: enrolled
title: Two of them
sessions: [{start: "2026-11-23T00:00Z", end: "2026-11-24T00:00Z"}]
wikis: ["*.wikipedia.org"]
participants: [Aïcha Benali, Bob the Builder]
"""
TABLES = {
    "facts": "SELECT * EXCEPT (received_at) FROM facts FINAL ORDER BY event_id",
    "contributions": "SELECT * EXCEPT (version) FROM contributions FINAL ORDER BY program, user, wiki, rev_id",
    "standings": "SELECT * EXCEPT (version) FROM standings FINAL WHERE edits > 0 ORDER BY program, user",
    "dead_letters": "SELECT topic, partition, offset, reason, hex(data) FROM dead_letters FINAL ORDER BY offset",
    "gaps": "SELECT * FROM gaps FINAL WHERE NOT closed",
    "checkpoints": "SELECT streams, topic, partition, offset, timestamp_ms FROM checkpoints FINAL ORDER BY topic",
}
_SERVING = re.compile(rb'"url": "(http://[^"]+)"')


def make_recording(path: Path) -> Path:
    """A real MediaWiki's events, several times over as of other wikis, with some broken ones among them."""
    once = (EVENTSTREAMS / "mediawiki_1_39" / "recentchange.ndjson").read_text(encoding="utf-8").splitlines()
    lines = [json.dumps(_elsewhere(json.loads(line), copy)).encode() for copy in range(COPIES) for line in once]
    for place in range(300 * LETTERS, 0, -300):
        event = json.loads(lines[place])
        lines.insert(place, json.dumps({**event, "type": "edit", "revision": None, "note": place}).encode())
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def _elsewhere(event: dict[str, Any], copy: int) -> dict[str, Any]:
    """The event as if it had happened on another wiki, some minutes later."""
    meta = event["meta"]
    later = datetime.fromisoformat(meta["dt"]) + timedelta(seconds=200 * copy)
    meta |= {"id": f"{copy}{meta['id'][1:]}", "dt": later.isoformat(), "domain": f"{copy}.{meta['domain']}"}
    return event | {
        "server_name": f"{copy}.{event['server_name']}",
        "wiki": f"{event['wiki']}{copy}",
        "timestamp": event["timestamp"] + 200 * copy,
    }


@contextmanager
def served(recording: Path, *, speed: float = float("inf")) -> Iterator[Rehearsal]:
    """The recording on an EventStreams of our own; all of it there from the start, or coming `speed` times as fast."""
    ready: list[Rehearsal] = []
    started, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with Rehearsal([recording], speed=speed, rebase=False) as rehearsal:
            if speed == float("inf"):
                await rehearsal.finished.wait()
            ready.append(rehearsal)
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert started.wait(30)
    try:
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()


class Place(Protocol):
    """Where a run keeps its data."""

    @property
    def data(self) -> Path: ...

    @property
    def environment(self) -> Mapping[str, str]: ...

    def url(self) -> str | None:
        """Where ClickHouse is; None while nobody knows."""
        ...

    def kill(self, owner: int) -> None:
        """SIGKILL ClickHouse; `owner` is wikitally's process. It comes back by itself."""
        ...


@dataclass(frozen=True, slots=True)
class Own:
    """On the embedded server, in a directory."""

    data: Path

    @property
    def environment(self) -> Mapping[str, str]:
        return {}

    def url(self) -> str | None:
        address = attach(self.data)
        return address.url if address is not None else None

    def kill(self, owner: int) -> None:
        os.kill(self._pid(owner), signal.SIGKILL)

    def _pid(self, owner: int) -> int:
        """The ClickHouse child; waits for it."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            with suppress(OSError, ValueError, KeyError):
                pid = int(json.loads((self.data / "server.lock").read_text())["pid"])
                if Path(f"/proc/{pid}/stat").read_text().split()[3] == str(owner):
                    return pid
            time.sleep(0.01)
        raise AssertionError("there is no ClickHouse")


@dataclass(frozen=True, slots=True)
class Given:
    """In a database of a server that wikitally does not start."""

    data: Path
    server: Server
    database: str

    @property
    def environment(self) -> Mapping[str, str]:
        return {"WIKITALLY_CLICKHOUSE_URL": self.server.url(self.database)}

    def url(self) -> str | None:
        # The library of the older version aborts now and then when a client was killed; a server would be restarted.
        self.server.revive()
        return self.server.url(self.database) if self.server.answers() else None

    def kill(self, owner: int) -> None:
        self.server.kill()
        self.server.start()


class Running:
    """`wikitally run`, in its own process."""

    def __init__(self, rehearsal: Rehearsal, place: Place, programs: Path) -> None:
        self.place = place
        self._log = place.data.with_suffix(".log")
        self._out = self._log.open("ab")
        self._begins = self._out.tell()
        self.process = subprocess.Popen(
            arguments(
                "run", "--programs", programs, "--data", place.data, "--port", 0, "--stream", rehearsal.url,
                "--since", "2026-11-23T00:00Z",
            ),
            stderr=self._out,
            env={
                **ENVIRONMENT,
                "WIKITALLY_BATCH_EVENTS": str(BATCH_EVENTS),
                "WIKITALLY_OVERLAP_SECONDS": str(OVERLAP_SECONDS),
                "WIKITALLY_STREAMS": STREAM,
                **place.environment,
            },
        )  # fmt: skip

    def kill(self, what: str) -> None:
        """SIGKILL `pipeline`, `server` or `both`."""
        if what == "server":
            # Whoever finds no server at the start says so and ends.
            self.address()
        if what in ("server", "both"):
            self.place.kill(self.process.pid)
        if what in ("pipeline", "both"):
            self.end()

    def end(self) -> None:
        """End it, wherever it is."""
        self.process.kill()
        self.process.wait()
        self._out.close()

    def reached(self) -> int:
        """The last offset that is durable; -1 while nobody can be asked."""
        # A given database may have no tables yet.
        with suppress(StoreUnavailable, OSError, ServerException):
            if (url := self.place.url()) is not None:
                store = ClickHouseStore(Target.parse(url))
                try:
                    checkpoint = store.checkpoint(STREAM)
                    return max((one.offset for one in checkpoint.reached.values()), default=-1) if checkpoint else -1
                finally:
                    store.close()
        return -1

    def wait_until(self, offset: int) -> None:
        """Until `offset` is durable."""
        ends = time.monotonic() + PATIENCE
        while self.reached() < offset:
            self.still_runs()
            assert time.monotonic() < ends, f"offset {offset} was not reached: see {self._log}"
            time.sleep(0.05)

    def still_runs(self) -> None:
        code = self.process.poll()
        assert code is None, f"run ended by itself with {code}: {self._log.read_text(encoding='utf-8')[-3000:]}"

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        url = self.place.url()
        assert url is not None
        store = ClickHouseStore(Target.parse(url))
        try:
            return {name: store.connections.statement(sql)[0] for name, sql in TABLES.items()}
        finally:
            store.close()

    def address(self) -> str:
        """Where it serves; waits until it does."""
        ends = time.monotonic() + PATIENCE
        while (found := _SERVING.search(self._log.read_bytes()[self._begins :])) is None:
            self.still_runs()
            assert time.monotonic() < ends, f"nothing is served: see {self._log}"
            time.sleep(0.05)
        return found[1].decode()

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of an answer of wikitally's."""
        try:
            with urllib.request.urlopen(self.address() + path, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        _, text = self.get("/metrics")
        lines = (line for line in text.splitlines() if re.match(rf"{name}(\{{| )", line))
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self._out.close()
        return code
