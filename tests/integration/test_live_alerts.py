"""Alerts on the live stream of a board, under a real HTTP server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
import orjson
import pytest

from api.app import create_app
from api.live import Live
from api.probes import Health
from deploy.following_changes import Changes
from deploy.http_server import serving
from processors.alerts.alerts import Alert, AlertKind, AlertState, Step
from processors.alerts.works import contribution_alert
from processors.errors import StoreUnavailable
from processors.metrics import NoMetrics
from processors.ports.alerts import AlertFeed, Feed, FeedFilter, ShownAlert
from processors.programs.program import Visibility
from storage.alerts import ClickHouseAlerts
from storage.changes import ClickHouseChanges
from storage.clickhouse import ClickHouseStore
from tests.boards import START, MemoryBoards, standing

PATIENCE = 20


def alert(number: int, *states: AlertState) -> Alert:
    base = contribution_alert("wir", AlertKind.REVERTED, "en.wikipedia.org", number, f"Page {number}", "Ada")
    steps = [Step(state, START + timedelta(seconds=at), f"event-{at}") for at, state in enumerate(states)]
    return replace(base, steps=tuple(steps))


class MemoryFeeds:
    """`AlertFeed` over a list that tests change."""

    def __init__(self) -> None:
        self.alerts: list[ShownAlert] = []
        self.away = False

    def to(self, visibilities: Collection[Visibility]) -> AlertFeed:
        return self

    async def of_program(self, slug: str, wanted: FeedFilter) -> Feed | None:
        if self.away:
            self.away = False
            raise StoreUnavailable("away")
        found = [one for one in reversed(self.alerts) if not wanted.ids or one.alert.alert_id in wanted.ids]
        return Feed(slug, tuple(found[: wanted.limit]), {}, MemoryBoards().fresh)

    async def of_campaign(self, slug: str, wanted: FeedFilter) -> Feed | None:
        return await self.of_program(slug, wanted)

    async def of_page(self, wiki: str, title: str, wanted: FeedFilter) -> Feed:
        raise NotImplementedError

    async def of_user(self, user: str, wanted: FeedFilter) -> Feed:
        raise NotImplementedError


@pytest.fixture
async def feeds() -> MemoryFeeds:
    return MemoryFeeds()


@pytest.fixture
async def live(feeds: MemoryFeeds) -> Live:
    return Live(MemoryBoards(standing("Ada", 1)), metrics=NoMetrics(), feeds=feeds)


@pytest.fixture
async def site(live: Live, feeds: MemoryFeeds) -> AsyncIterator[str]:
    async def health() -> Health:
        return Health(True)

    boards = MemoryBoards(standing("Ada", 1))
    app = create_app(boards, live, metrics_text=lambda: b"", health=health, version="1", feeds=feeds)
    async with serving(app, "127.0.0.1", 0) as url:
        yield url
        live.close()


async def events(url: str, stack: AsyncExitStack) -> AsyncIterator[tuple[str, Any]]:
    session = await stack.enter_async_context(aiohttp.ClientSession())
    answer = await stack.enter_async_context(session.get(f"{url}/api/v1/programs/wir/live?metric=edits"))
    name = ""
    async for line in answer.content:
        if line.startswith(b"event:"):
            name = line[6:].strip().decode()
        elif line.startswith(b"data:"):
            yield name, orjson.loads(line[5:])


async def alerts_after(stream: AsyncIterator[tuple[str, Any]], number: int) -> list[tuple[str, str]]:
    """The next so many alerts of a stream, as (title, state)."""
    found: list[tuple[str, str]] = []
    async with asyncio.timeout(PATIENCE):
        while len(found) < number:
            name, value = await anext(stream)
            if name == "alert":
                found.append((value["title"], value["state"]))
    return found


def put(feeds: MemoryFeeds, *alerts: Alert, muted: bool = False) -> list[tuple[str, str]]:
    feeds.alerts = [one for one in feeds.alerts if one.alert.alert_id not in {each.alert_id for each in alerts}]
    feeds.alerts += [ShownAlert(one, "Women in Red", muted=muted) for one in alerts]
    return [(one.program, one.alert_id) for one in alerts]


async def test_whoever_follows_hears_of_each_alert_once_in_order(site: str, live: Live, feeds: MemoryFeeds) -> None:
    put(feeds, alert(9, AlertState.OPEN))
    async with AsyncExitStack() as stack:
        streams = [events(site, stack) for _ in range(2)]
        for stream in streams:
            assert (await anext(stream))[0] == "board"
        live.alerted(put(feeds, alert(1, AlertState.OPEN), alert(2, AlertState.OPEN)))
        for stream in streams:
            assert await alerts_after(stream, 2) == [("Page 1", "open"), ("Page 2", "open")]
        live.alerted(put(feeds, alert(1, AlertState.OPEN, AlertState.CLOSED)))
        assert await alerts_after(streams[0], 1) == [("Page 1", "closed")]


async def test_muted_alerts_are_not_sent_and_what_was_missed_while_the_store_was_away_is(
    site: str, live: Live, feeds: MemoryFeeds
) -> None:
    async with AsyncExitStack() as stack:
        stream = events(site, stack)
        assert (await anext(stream))[0] == "board"
        live.alerted(put(feeds, alert(1, AlertState.OPEN), muted=True))
        feeds.away = True
        live.alerted(put(feeds, alert(2, AlertState.OPEN)))
        live.alerted([("other", alert(3).alert_id)])
        assert await alerts_after(stream, 1) == [("Page 2", "open")]


async def test_the_page_shows_alerts_or_that_there_are_none(site: str, feeds: MemoryFeeds) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{site}/programs/wir") as answer:
            assert '<p class="empty" id="alert-empty">' in await answer.text()
        hostile = replace(alert(1, AlertState.OPEN), title="<script>alert(1)</script>")
        put(feeds, hostile)
        async with session.get(f"{site}/programs/wir") as answer:
            text = await answer.text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</bdi></a>: a contribution was reverted" in text
    assert 'id="alert-empty" hidden' in text


def test_a_replica_hears_of_alerts_that_others_write(store: ClickHouseStore) -> None:
    writer, changes = ClickHouseAlerts(store.connections), Changes(ClickHouseChanges(store.connections))
    old, new, silent = (alert(number, AlertState.OPEN) for number in (1, 2, 3))
    writer.write_alerts([(old, 1)], [], 1_000)
    assert changes.look_at_alerts() == []
    writer.write_alerts([(new, 1), (silent, 0)], [], 2_000)
    assert changes.look_at_alerts() == [("wir", new.alert_id)]
    assert changes.look_at_alerts() == []
    writer.write_alerts([(alert(1, AlertState.OPEN, AlertState.CLOSED), 1)], [], 3_000)
    assert changes.look_at_alerts() == [("wir", old.alert_id)]
