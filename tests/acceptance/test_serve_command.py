"""`wikitally serve`, as its users run it: processes beside `wikitally run`."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from deploy.following_changes import LOOK_EVERY
from deploy.serving import LONGEST_GOODBYE
from tests.acceptance.commands import ENVIRONMENT, arguments, wikitally
from tests.acceptance.server_runs import PATIENCE, PROGRAMS, Own, Running, make_recording, served
from tests.servers import Server

SPEED = 60
"""So many times as fast as it happened: a quarter of a minute for all of it."""
AT_ONCE = 5.0
"""Seconds, on a busy machine."""


class Replica:
    """`wikitally serve`, in its own process."""

    def __init__(self, log: Path, *options: object, **environment: str) -> None:
        self._log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                arguments("serve", "--port", 0, *options), stderr=out, env={**ENVIRONMENT, **environment}
            )

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def url(self) -> str:
        """Where it serves; waits until it does."""
        ends = time.monotonic() + PATIENCE
        while (found := re.search(r'"url": "(http://[^"]+)"', self.log())) is None:
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < ends, "nothing is served"
            time.sleep(0.05)
        return found[1]

    def stop(self) -> float:
        """SIGTERM; returns how long it took to end, as it should."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0, self.log()
        return time.monotonic() - began


Start = Callable[[str], Replica]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts one by name, on a store that is not there yet."""
    started: list[Replica] = []

    def start(name: str) -> Replica:
        started.append(Replica(tmp_path / f"{name}.log", "--data", tmp_path / "run"))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


async def health(session: aiohttp.ClientSession, url: str) -> tuple[int, Any]:
    async with session.get(f"{url}/health") as answer:
        return answer.status, await answer.json()


async def edits_shown(session: aiohttp.ClientSession, url: str, wanted: int) -> list[int]:
    """The numbers of edits that the live board of a replica shows, until it shows as many as are wanted."""
    shown: list[int] = []
    async with session.get(f"{url}/api/v1/programs/everyone/live") as answer:
        assert answer.status == 200
        name = b""
        async for line in answer.content:
            if line.startswith(b"event:"):
                name = line[6:].strip()
            elif line.startswith(b"data:") and name == b"board":
                shown.append(json.loads(line[5:])["totals"]["edits"])
                if shown[-1] >= wanted:
                    return shown
    raise AssertionError(f"the stream ended after {shown}")


async def up(session: aiohttp.ClientSession, url: str) -> None:
    """Until it shows the programs of whoever counts."""
    async with asyncio.timeout(PATIENCE):
        while (await health(session, url))[0] != 200:
            await asyncio.sleep(0.1)
        while (await session.get(f"{url}/api/v1/programs/everyone")).status != 200:
            await asyncio.sleep(0.1)


async def test_boards_of_replicas_move_with_what_run_counts_and_sigterm_ends_them_at_once(
    start: Start, tmp_path: Path
) -> None:
    replicas = [start("one"), start("two")]
    programs = tmp_path / "programs.yaml"
    programs.write_text(PROGRAMS)
    urls = [await asyncio.to_thread(one.url) for one in replicas]
    async with aiohttp.ClientSession() as session:
        for url in urls:
            status, answer = await health(session, url)
            assert (status, answer["ok"], answer["detail"]) == (503, False, "the store does not answer")
        with served(make_recording(tmp_path / "recentchange.ndjson"), speed=SPEED) as rehearsal:
            running = Running(rehearsal, Own(tmp_path / "run"), programs)
            try:
                await asyncio.gather(*(up(session, url) for url in urls))
                async with asyncio.timeout(PATIENCE):
                    shown = await asyncio.gather(*(edits_shown(session, url, 1000) for url in urls))
                for numbers in shown:
                    assert numbers == sorted(numbers)
                    assert len(set(numbers)) > 3, "the board did not move, it was read once"
                follower = asyncio.create_task(edits_shown(session, urls[0], 1_000_000))
                await asyncio.sleep(1)
                assert await asyncio.to_thread(replicas[0].stop) < AT_ONCE
                with pytest.raises((AssertionError, aiohttp.ClientError)):
                    await follower
                assert (await health(session, urls[1]))[0] == 200
                assert running.get("/health")[0] == 200
                while not rehearsal.finished.is_set():
                    await asyncio.sleep(0.1)
            finally:
                await asyncio.to_thread(running.stop)
        async with asyncio.timeout(PATIENCE):
            while (await health(session, urls[1]))[0] != 503:
                await asyncio.sleep(0.1)
    assert await asyncio.to_thread(replicas[1].stop) < AT_ONCE
    assert "Traceback" not in replicas[0].log() + replicas[1].log()


def test_a_replica_that_waits_for_its_store_keeps_its_port_and_ends_at_once_too(start: Start, tmp_path: Path) -> None:
    one = start("one")
    port = one.url().rpartition(":")[2]
    assert f"cannot listen on 127.0.0.1:{port}" in wikitally("serve", "--port", port, "--data", tmp_path, code=2)
    assert one.stop() < AT_ONCE
    assert one.log().count("the store is not there") == 1
    assert "no wikitally runs there" in one.log()


async def test_a_replica_whose_store_is_silent_ends_nevertheless(tmp_path: Path) -> None:
    server = Server(tmp_path / "server")
    replica: Replica | None = None
    try:
        server.start()
        url = server.new_database("silent")
        replica = Replica(tmp_path / "one.log", WIKITALLY_CLICKHOUSE_URL=url)
        async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE):
            url = await asyncio.to_thread(replica.url)
            while (await health(session, url))[0] != 200:
                await asyncio.sleep(0.1)
            server.freeze()
            await asyncio.sleep(2 * LOOK_EVERY)
            status, answer = await health(session, url)
            assert (status, answer["detail"]) == (503, "the store does not answer within 3 seconds")
        assert await asyncio.to_thread(replica.stop) < LONGEST_GOODBYE + AT_ONCE
    finally:
        if replica is not None:
            replica.process.kill()
            replica.process.wait()
        server.kill()


def test_help_says_what_it_is() -> None:
    told = " ".join(wikitally("serve", "--help").split())
    assert "another wikitally counts into" in told
    assert "--port" in told
