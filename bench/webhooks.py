"""From a server's write of an event to the webhook request that tells of it, with a thousand subscriptions."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson
from aiohttp import web
from standardwebhooks import Webhook

from api.webhooks.signing import new_secret
from bench.events import TOPIC, make_event
from bench.latency import RATE, server_on
from bench.processes import cpu_seconds, load_average
from deploy.delivering.vault import Vault, new_key
from deploy.opening import owned_store
from deploy.programs.applying import apply_programs
from deploy.settings import load_settings
from processors.alerts.alerts import AlertKind
from processors.alerts.subscriptions import Format, Subscription
from processors.programs.program import Participant, Program, Session
from storage.webhooks import ClickHouseWebhooks

SUBSCRIPTIONS = 1_000
"""Each of a program of its own, with one participant."""
ALERTS_EVERY = 50
"""One event in so many is a deletion tag on a page that a program's participant has just edited."""
_AFTER = 100
"""So many events lie between the edit and the tag."""
_WIKI, _DBNAME, _CATEGORY = "en.wikipedia.org", "enwiki", "Category:Candidates for speedy deletion"


@dataclass(frozen=True, slots=True)
class Delivered:
    """Seconds from the write of a tag to the request."""

    events: int
    tags: int
    arrived: int
    repeated: int
    p50: float
    p99: float
    worst: float
    cpu_seconds: float
    """Of wikitally, while events came."""
    store_cpu_seconds: float
    load_average: str


class Site:
    """An EventStreams that makes up events, and the receiver of all webhooks."""

    def __init__(self) -> None:
        self.connected = asyncio.Event()
        self.events = 0
        self.written: dict[str, float] = {}
        """By title, when its tag was."""
        self.latencies: dict[str, float] = {}
        self.repeated = 0
        self.ends = float("inf")
        self.secret = new_secret()
        self.all_arrived = asyncio.Event()

    async def stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b":ok\n\n")
        self.connected.set()
        draw, began = random.Random(7), perf_counter()
        with suppress(ConnectionError):
            while True:
                now = perf_counter()
                due = int((min(now, self.ends) - began) * RATE)
                for number in range(self.events, due):
                    for frame in self._frames(number, draw):
                        await response.write(frame)
                self.events = max(self.events, due)
                await asyncio.sleep(0.002)
        return response

    def _frames(self, number: int, draw: random.Random) -> Iterator[bytes]:
        at = datetime.now(UTC)
        event: dict[str, Any] = orjson.loads(make_event(number, at, draw, enrolled=1))
        if number % ALERTS_EVERY == 0:
            event = _edited(event, number)
        elif number % ALERTS_EVERY == 1 and number > _AFTER:
            tagged = number - 1 - _AFTER
            event = _tagged(event, tagged)
            self.written[_title(tagged)] = perf_counter()
        position = [{"topic": TOPIC, "partition": 0, "timestamp": int(at.timestamp() * 1000) + 1}]
        yield b"event: message\nid: " + orjson.dumps(position) + b"\ndata: " + orjson.dumps(event) + b"\n\n"

    async def receive(self, request: web.Request) -> web.Response:
        at, body = perf_counter(), await request.read()
        title = Webhook(self.secret).verify(body, dict(request.headers))["data"]["title"]
        if title in self.written:
            self.repeated += title in self.latencies
            self.latencies.setdefault(title, at - self.written[title])
            if at > self.ends and len(self.latencies) == len(self.written):
                self.all_arrived.set()
        return web.Response(status=204)


def _title(number: int) -> str:
    return f"Tagged {number}"


def _of_page(event: dict[str, Any]) -> dict[str, Any]:
    meta = {**event["meta"], "domain": _WIKI}
    return {**event, "meta": meta, "server_name": _WIKI, "wiki": _DBNAME, "bot": False}


def _edited(event: dict[str, Any], number: int) -> dict[str, Any]:
    user = f"User {number // ALERTS_EVERY % SUBSCRIPTIONS}"
    edit = {"type": "new", "namespace": 0, "title": _title(number), "user": user, "minor": False}
    more = {"length": {"new": 100}, "revision": {"new": 9_000_000 + number}}
    return _of_page(event) | edit | more


def _tagged(event: dict[str, Any], number: int) -> dict[str, Any]:
    added = f"[[:{_title(number)}]] added to category"
    return _of_page(event) | {"type": "categorize", "namespace": 14, "title": _CATEGORY, "comment": added}


async def _measure(seconds: float) -> Delivered:
    site = Site()
    app = web.Application()
    app.router.add_get("/v2/stream/{streams}", site.stream)
    app.router.add_post("/hooks/{number}", site.receive)
    runner = web.AppRunner(app, shutdown_timeout=0.5, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    key = new_key()
    with tempfile.TemporaryDirectory(prefix="wikitally-bench-") as directory:
        data = Path(directory) / "store"
        await asyncio.to_thread(_prepare, data, url, Vault([key]).encrypted(site.secret))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "deploy", "run", "--data", str(data), "--port", "0", "--stream", url,
            "--contact", "https://localhost/bench", stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "WIKITALLY_SECRET_KEY": key, "WIKITALLY_WEBHOOK_ALLOW": "127.0.0.1",
                 "WIKITALLY_STREAMS": "mediawiki.recentchange"},
        )  # fmt: skip
        try:
            await asyncio.wait_for(site.connected.wait(), 120)
            site.ends = perf_counter() + seconds
            pids = process.pid, server_on(data)
            before = [cpu_seconds(pid) for pid in pids]
            await asyncio.sleep(seconds)
            with suppress(TimeoutError):
                await asyncio.wait_for(site.all_arrived.wait(), 30)
            cpu = [cpu_seconds(pid) - was for pid, was in zip(pids, before, strict=True)]
        finally:
            process.send_signal(signal.SIGTERM)
            await process.wait()
            await runner.cleanup()
    took = sorted(site.latencies.values()) or [float("nan")]
    return Delivered(
        events=site.events,
        tags=len(site.written),
        arrived=len(site.latencies),
        repeated=site.repeated,
        p50=took[len(took) // 2],
        p99=took[int(len(took) * 0.99)],
        worst=took[-1],
        cpu_seconds=cpu[0],
        store_cpu_seconds=cpu[1],
        load_average=load_average(),
    )


def _prepare(data: Path, url: str, secret: str) -> None:
    now = datetime.now(UTC)
    session = Session(now - timedelta(hours=1), now + timedelta(hours=1))
    base = Program("", "", sessions=(session,), wikis=("*",))
    programs = [
        replace(base, slug=f"p{n}", title=f"Program {n}", participants=(Participant(f"User {n}"),))
        for n in range(SUBSCRIPTIONS)
    ]
    kinds = frozenset({AlertKind.SPEEDY})
    with owned_store(load_settings(data=data)) as opened:
        apply_programs(opened.log, programs)
        webhooks = ClickHouseWebhooks(opened.store.connections)
        for n in range(SUBSCRIPTIONS):
            target = f"{url}/hooks/{n}"
            webhooks.save(Subscription(f"wh_{n}", f"p{n}", "", kinds, Format.STANDARD, target, now, secret=secret))


def print_measured(seconds: float) -> None:
    """Run for `seconds` at `RATE` and print what came of it."""
    one = asyncio.run(_measure(seconds))
    print(
        f"Webhooks: {RATE} events/s for {seconds:.0f} s, {SUBSCRIPTIONS:,} subscriptions, {one.tags:,} deletion tags; "
        f"{one.arrived:,} arrived, {one.repeated} twice; load average at the end {one.load_average}"
    )
    took = f"p50 {one.p50:.2f} s  p99 {one.p99:.2f} s (aim: under 2)  worst {one.worst:.2f} s"
    print(f"  from the write to the request  {took}")
    print(f"  CPU seconds: wikitally {one.cpu_seconds:.1f}, ClickHouse {one.store_cpu_seconds:.1f}")
    print()
