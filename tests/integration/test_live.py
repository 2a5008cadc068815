"""Live boards under a real HTTP server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import orjson
import pytest
from starlette.types import Message

from api import live as live_module
from api.app import create_app
from api.live import LEAST_INTERVAL, Followed, Live, LiveResponse
from api.probes import Health
from deploy.http_server import serving
from processors.errors import StoreUnavailable
from processors.metrics import LIVE_CLIENTS, LIVE_FRAMES
from processors.numbers.numbers import Metric
from tests.boards import MemoryBoards, standing
from tests.recorders import RecordedMetrics

PATIENCE = 20


@dataclass
class Site:
    url: str
    boards: MemoryBoards
    live: Live
    metrics: RecordedMetrics

    @asynccontextmanager
    async def follow(self, metric: str = "edits") -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
        """Events of the live stream as (name, value); comments as ("", text)."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.url}/api/v1/programs/wir/live?metric={metric}") as answer,
        ):
            assert answer.status == 200
            assert answer.content_type == "text/event-stream"
            yield self._events(answer)

    @staticmethod
    async def _events(answer: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, Any]]:
        name = ""
        async for line in answer.content:
            if line.startswith(b":"):
                yield "", line.decode().strip()
            elif line.startswith(b"event:"):
                name = line[6:].strip().decode()
            elif line.startswith(b"data:"):
                yield name, orjson.loads(line[5:])


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    boards, metrics = MemoryBoards(standing("Ada", 1)), RecordedMetrics()
    live = Live(boards, metrics=metrics)

    async def health() -> Health:
        return Health(True)

    app = create_app(boards, live, metrics_text=lambda: b"", health=health, version="1")
    async with serving(app, "127.0.0.1", 0) as url:
        yield Site(url, boards, live, metrics)
        live.close()


async def until(events: AsyncIterator[tuple[str, Any]], wanted: Any) -> tuple[str, Any]:
    async with asyncio.timeout(PATIENCE):
        async for name, value in events:
            if wanted(name, value):
                return name, value
    raise AssertionError("the stream ended")


async def settled(condition: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


async def test_the_first_frame_comes_at_once_and_each_change_after_it(site: Site) -> None:
    async with site.follow() as events:
        name, board = await until(events, lambda name, _: name)
        assert name == "board"
        assert board["standings"][0]["edits"] == 1
        assert board["as_of"] == "2026-11-24T14:00:00Z"
        site.boards.put(standing("Ben", 7))
        site.live.changed(["another", "wir"])
        _, board = await until(events, lambda _, value: value["totals"]["edits"] == 8)
        assert [one["user"] for one in board["standings"]] == ["Ben", "Ada"]


async def test_many_changes_are_few_frames_and_the_last_one_is_told(site: Site) -> None:
    async with site.follow() as events:
        await until(events, lambda name, _: name == "board")
        before = site.metrics.total(LIVE_FRAMES)
        began = asyncio.get_running_loop().time()
        for edits in range(2, 202):
            site.boards.put(standing("Ada", edits))
            site.live.changed(["wir"])
            await asyncio.sleep(0.005)
        await until(events, lambda _, value: value["totals"]["edits"] == 201)
        seconds = asyncio.get_running_loop().time() - began
    assert site.metrics.total(LIVE_FRAMES) - before <= seconds / LEAST_INTERVAL + 2


async def test_followers_of_one_board_share_its_queries(site: Site) -> None:
    async with site.follow() as one, site.follow() as two, site.follow() as three:
        for events in (one, two, three):
            await until(events, lambda name, _: name == "board")
        assert site.metrics.gauges[LIVE_CLIENTS.name,] == 3
        before = site.boards.queries
        site.boards.put(standing("Ada", 5))
        site.live.changed(["wir"])
        for events in (one, two, three):
            await until(events, lambda _, value: value["totals"]["edits"] == 5)
        assert site.boards.queries - before == 1


async def test_newcomers_to_a_board_that_is_followed_ask_the_store_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "FRESHNESS_INTERVAL", 3600)
    async with site.follow() as events:
        await until(events, lambda name, _: name == "board")
        before = site.boards.queries
        async with site.follow() as newcomer:
            await until(newcomer, lambda name, _: name == "board")
        assert site.boards.queries == before


async def test_those_who_come_together_are_looked_up_once() -> None:
    boards = MemoryBoards(standing("Ada", 1))
    live = Live(boards, metrics=RecordedMetrics())
    assert all(await asyncio.gather(*(live.exists(Followed("wir", Metric.EDITS)) for _ in range(50))))
    assert boards.queries == 1
    boards.hide()
    assert not any(await asyncio.gather(*(live.exists(Followed("wir", Metric.EDITS)) for _ in range(50))))
    boards.away = True
    for outcome in await asyncio.gather(
        *(live.exists(Followed("wir", Metric.EDITS)) for _ in range(3)), return_exceptions=True
    ):
        assert isinstance(outcome, StoreUnavailable)


async def test_metrics_have_boards_of_their_own(site: Site) -> None:
    site.boards.put(standing("Ben", 1, bytes_added=900))
    async with site.follow("bytes_added") as events:
        _, board = await until(events, lambda name, _: name == "board")
    assert (board["metric"], board["standings"][0]["user"]) == ("bytes_added", "Ben")


async def test_who_leaves_is_forgotten(site: Site) -> None:
    async with site.follow() as events:
        await until(events, lambda name, _: name == "board")
    await settled(lambda: site.metrics.gauges[LIVE_CLIENTS.name,] == 0)
    await settled(lambda: not [task for task in asyncio.all_tasks() if task.get_name().startswith("live")])
    before = site.boards.queries
    site.live.changed(["wir"])
    await asyncio.sleep(2 * LEAST_INTERVAL)
    assert site.boards.queries == before


async def test_a_store_that_goes_away_is_told_and_comes_back(site: Site) -> None:
    async with site.follow() as events:
        await until(events, lambda name, _: name == "board")
        site.boards.away = True
        site.live.changed(["wir"])
        await until(events, lambda name, _: name == "stale")
        site.boards.away = False
        site.live.changed(["wir"])
        await until(events, lambda name, _: name == "board")


async def test_a_program_that_becomes_private_ends_its_stream(site: Site) -> None:
    async with site.follow() as events:
        await until(events, lambda name, _: name == "board")
        site.boards.hide()
        site.live.changed(["wir"])
        await until(events, lambda name, _: name == "gone")
        assert [event async for event in events] == []


async def test_lag_moves_although_nothing_changes(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "FRESHNESS_INTERVAL", 0.05)
    async with site.follow() as events:
        await until(events, lambda name, _: name == "board")
        site.boards.fresh = replace(site.boards.fresh, lag_seconds=99.0)
        await until(events, lambda _, value: value["lag_seconds"] == 99)


async def test_silence_is_filled_with_pings(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "PING_INTERVAL", 0.05)
    async with site.follow() as events:
        await until(events, lambda name, value: (name, value) == ("", ": ping"))


async def test_closing_ends_all_streams(site: Site) -> None:
    async with site.follow() as events:
        await until(events, lambda name, _: name == "board")
        site.live.close()
        async with asyncio.timeout(PATIENCE):
            assert [name async for name, _ in events if name != "board"] == []


async def test_an_unexpected_error_does_not_silence_a_board(site: Site) -> None:
    async with site.follow() as events:
        await until(events, lambda name, _: name == "board")
        standings, site.boards.standings = site.boards.standings, None  # type: ignore[assignment]
        site.live.changed(["wir"])
        await until(events, lambda name, _: name == "stale")
        site.boards.standings = standings
        site.live.changed(["wir"])
        await until(events, lambda name, _: name == "board")


async def test_a_slow_reader_gets_the_newest_and_not_all(site: Site) -> None:
    """Frames that nobody took are not kept."""
    frames = site.live.follow(Followed("wir", Metric.EDITS))
    assert (await anext(frames)).startswith(b"retry:")
    await anext(frames)
    for edits in (2, 3, 4):
        before = site.metrics.total(LIVE_FRAMES)
        site.boards.put(standing("Ada", edits))
        site.live.changed(["wir"])
        await settled(lambda before=before: site.metrics.total(LIVE_FRAMES) > before)
    assert b'"edits":4' in await anext(frames)
    await frames.aclose()


async def test_who_takes_nothing_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "LONGEST_GOODBYE", 0.05)
    metrics = RecordedMetrics()
    live = Live(MemoryBoards(standing("Ada", 1)), metrics=metrics)
    never, blocked = asyncio.Event(), asyncio.Event()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            blocked.set()
            await never.wait()

    async def receive() -> Message:
        await never.wait()
        raise AssertionError

    follower = asyncio.create_task(LiveResponse(live, Followed("wir", Metric.EDITS))({"type": "http"}, receive, send))
    async with asyncio.timeout(PATIENCE):
        await blocked.wait()
        live.close()
        await follower
    assert metrics.gauges[LIVE_CLIENTS.name,] == 0
