"""Kill the pipeline, its ClickHouse, or both, many times at random: the tables end as if nothing had happened."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.rehearsal import Rehearsal
from processors.errors import StoreUnavailable
from storage.clickhouse import ClickHouseStore
from storage.embedded import attach
from storage.target import Target
from tests.acceptance.commands import ENVIRONMENT, arguments
from tests.recorders import EVENTSTREAMS

KILLS = 21
COPIES = 4
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


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real MediaWiki's events, several times over as of other wikis, with some broken ones among them."""
    once = (EVENTSTREAMS / "mediawiki_1_39" / "recentchange.ndjson").read_text(encoding="utf-8").splitlines()
    lines = [json.dumps(_elsewhere(json.loads(line), copy)).encode() for copy in range(COPIES) for line in once]
    for place in range(900, 0, -300):
        event = json.loads(lines[place])
        lines.insert(place, json.dumps({**event, "type": "edit", "revision": None, "note": place}).encode())
    path = tmp_path_factory.mktemp("recording") / "recentchange.ndjson"
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
def served(recording: Path) -> Iterator[Rehearsal]:
    """The recording on an EventStreams of our own, all of it there from the start."""
    ready: list[Rehearsal] = []
    started, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with Rehearsal([recording], speed=float("inf"), rebase=False) as rehearsal:
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


class Running:
    """`wikitally run` on a directory, in its own process."""

    def __init__(self, rehearsal: Rehearsal, data: Path, programs: Path) -> None:
        self.data = data
        self.log = data.with_suffix(".log").open("ab")
        self.process = subprocess.Popen(
            arguments(
                "run", "--programs", programs, "--data", data, "--port", 0, "--stream", rehearsal.url,
                "--since", "2026-11-23T00:00Z",
            ),
            stderr=self.log,
            env={
                **ENVIRONMENT,
                "WIKITALLY_BATCH_EVENTS": str(BATCH_EVENTS),
                "WIKITALLY_OVERLAP_SECONDS": str(OVERLAP_SECONDS),
                "WIKITALLY_STREAMS": STREAM,
            },
        )  # fmt: skip

    def server_pid(self) -> int:
        """The ClickHouse child; waits for it."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            with suppress(OSError, ValueError, KeyError):
                pid = int(json.loads((self.data / "server.lock").read_text())["pid"])
                if Path(f"/proc/{pid}/stat").read_text().split()[3] == str(self.process.pid):
                    return pid
            time.sleep(0.01)
        raise AssertionError("there is no ClickHouse")

    def kill(self, what: str) -> None:
        """SIGKILL `pipeline`, `server` or `both`."""
        if what in ("server", "both"):
            os.kill(self.server_pid(), signal.SIGKILL)
        if what in ("pipeline", "both"):
            self.process.kill()
            self.process.wait()

    def reached(self) -> int:
        """The last offset that is durable; -1 while nobody can be asked."""
        with suppress(StoreUnavailable, OSError):
            address = attach(self.data)
            if address is not None:
                store = ClickHouseStore(Target.parse(address.url))
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
            assert self.process.poll() is None, (
                f"run ended by itself with {self.process.returncode}: see {self.log.name}"
            )
            assert time.monotonic() < ends, f"offset {offset} was not reached: see {self.log.name}"
            time.sleep(0.05)

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        address = attach(self.data)
        assert address is not None
        store = ClickHouseStore(Target.parse(address.url))
        try:
            return {name: store.connections.statement(sql)[0] for name, sql in TABLES.items()}
        finally:
            store.close()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.log.close()
        return code


def test_any_number_of_kills_ends_in_the_same_tables(recording: Path, tmp_path: Path) -> None:
    programs = tmp_path / "programs.yaml"
    programs.write_text(PROGRAMS)
    draw = random.Random(20261124)
    with served(recording) as rehearsal:
        last = max(rehearsal.last_offsets.values())

        undisturbed = Running(rehearsal, tmp_path / "undisturbed", programs)
        undisturbed.wait_until(last)
        expected = undisturbed.tables()
        assert undisturbed.stop() == 0
        assert len(expected["dead_letters"]) == 3
        assert len(expected["facts"]) == 1125 * COPIES

        running = Running(rehearsal, tmp_path / "disturbed", programs)
        disturbed_at: list[int] = []
        for number in range(KILLS):
            before = running.reached()
            # Let it get a little further, so that most kills fall into the middle of work.
            target = min(before + draw.randrange(1, 150), last - KILLS + number)
            running.wait_until(max(target, before))
            time.sleep(draw.random() * 0.1)
            what = draw.choice(("pipeline", "server", "both"))
            disturbed_at.append(running.reached())
            running.kill(what)
            if what != "server":
                running.log.close()
                running = Running(rehearsal, tmp_path / "disturbed", programs)
        running.wait_until(last)
        outcome = running.tables()
        assert running.stop() == 0
    assert outcome == expected
    assert sum(offset < last for offset in disturbed_at) >= 20, "the kills came too late to disturb anything"
