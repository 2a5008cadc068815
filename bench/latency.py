"""End to end: from a server's write of an event to the live update that holds it."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import aiohttp
import orjson
from aiohttp import web

from bench.events import TOPIC, make_event
from bench.processes import resident_bytes
from bench.throughput import programs
from deploy.opening import owned_store
from deploy.programs.applying import apply_programs
from deploy.settings import load_settings
from processors.programs.program import Exclusions, Participant, Program, Session

RATE = 500
"""Events per second: ten times the live stream."""
OTHER_PROGRAMS, OTHER_ENROLMENTS = 10_000, 1_000_000
SHOWN = "Shown on the board"
"""Its edits are counted by the measured program: one event in `SHOWN_EVERY`."""
SHOWN_EVERY = 5


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds from write to update."""

    events: int
    updates: int
    seconds: float
    p50: float
    p99: float
    worst: float
    resident_bytes: int
    store_resident_bytes: int


class Source:
    """An EventStreams that makes up events at a steady rate and notes when each counted one was written."""

    def __init__(self) -> None:
        self.written: list[float] = []
        self.events = 0
        self.connected = asyncio.Event()

    async def stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b":ok\n\n")
        self.connected.set()
        draw = random.Random(7)
        began = perf_counter()
        while True:
            due = int((perf_counter() - began) * RATE)
            for number in range(self.events, due):
                try:
                    await response.write(self._frame(number, draw))
                except ConnectionError:
                    return response
            self.events = max(self.events, due)
            await asyncio.sleep(0.002)

    def _frame(self, number: int, draw: random.Random) -> bytes:
        at = datetime.now(UTC)
        shown = number % SHOWN_EVERY == 0
        data = make_event(number, at, draw, enrolled=1, user=SHOWN if shown else None)
        while shown and orjson.loads(data)["type"] not in ("edit", "new"):
            data = make_event(number, at, draw, enrolled=1, user=SHOWN)
        if shown:
            self.written.append(perf_counter())
        position = [{"topic": TOPIC, "partition": 0, "timestamp": int(at.timestamp() * 1000) + 1}]
        return b"event: message\nid: " + orjson.dumps(position) + b"\ndata: " + data + b"\n\n"


async def _measure(seconds: float) -> Latency:
    source = Source()
    app = web.Application()
    app.router.add_get("/v2/stream/{streams}", source.stream)
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    with tempfile.TemporaryDirectory(prefix="wikitally-bench-") as directory:
        data = Path(directory) / "store"
        await asyncio.to_thread(_apply, data)
        port = _free_port()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "deploy", "run", "--data", str(data), "--port", str(port), "--stream", url,
            "--contact", "https://localhost/bench", stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            await asyncio.wait_for(source.connected.wait(), 120)
            latencies, updates = await asyncio.wait_for(_follow(source, port, seconds), seconds + 60)
            child = server_on(data)
            memory = resident_bytes(process.pid), resident_bytes(child)
        finally:
            process.send_signal(signal.SIGTERM)
            await process.wait()
            await runner.cleanup()
    latencies.sort()
    return Latency(
        events=source.events,
        updates=updates,
        seconds=seconds,
        p50=latencies[len(latencies) // 2],
        p99=latencies[int(len(latencies) * 0.99)],
        worst=latencies[-1],
        resident_bytes=memory[0],
        store_resident_bytes=memory[1],
    )


def shown_program(hours: int) -> Program:
    """The program whose board is watched, on for so long."""
    session = Session(datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) + timedelta(hours=hours))
    return Program(
        slug="shown",
        title="Shown",
        sessions=(session,),
        wikis=("*",),
        namespaces=(("default", None),),
        exclude=Exclusions(bots=False),
        participants=(Participant(SHOWN),),
    )


def _apply(data: Path) -> None:
    with owned_store(load_settings(data=data)) as opened:
        apply_programs(opened.log, [shown_program(1), *programs(OTHER_PROGRAMS, OTHER_ENROLMENTS)])


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def server_on(data: Path) -> int:
    """The process of the embedded server of a store that is open."""
    pid: int = orjson.loads((data / "server.lock").read_bytes())["pid"]
    return pid


async def _follow(source: Source, port: int, seconds: float) -> tuple[list[float], int]:
    """Latencies of the counted edits, and how many updates brought them."""
    latencies: list[float] = []
    seen = updates = 0
    ends = perf_counter() + seconds
    address = f"http://127.0.0.1:{port}/api/v1/programs/shown/live"
    timeout = aiohttp.ClientTimeout(total=None, sock_read=30)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(address) as response:
        async for line in response.content:
            if not line.startswith(b"data:"):
                continue
            at = perf_counter()
            edits = orjson.loads(line[5:]).get("totals", {}).get("edits", seen)
            latencies += [at - written for written in source.written[seen:edits]]
            updates += edits > seen
            seen = max(seen, edits)
            if at > ends:
                return latencies, updates
    raise RuntimeError("the live stream ended early")


def measure(seconds: float) -> Latency:
    """Run for `seconds` at RATE."""
    return asyncio.run(_measure(seconds))
