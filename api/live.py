"""Live boards over server-sent events: one query a change, however many follow.

A hub reads a board when its program has changed, at most four times a second, and keeps the newest frame. Followers
send that frame whenever it is another one than they sent last: who is slow skips frames and is never behind for long.
Alerts are sent one by one, each once as it is by then.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from itertools import count
from typing import NamedTuple

import orjson
import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.alert_render import alert_json
from api.render import board_json
from processors import metrics as m
from processors.errors import StoreUnavailable
from processors.metrics import Metrics
from processors.numbers.numbers import Metric
from processors.ports.alerts import AlertFeed, FeedFilter, Standing
from processors.ports.boards import Board, Boards
from processors.programs.program import Visibility

_log = structlog.get_logger()

LEAST_INTERVAL = 0.25
"""Seconds between two frames of a board."""
FRESHNESS_INTERVAL = 5.0
"""Seconds after which a board is read again although nothing changed: its lag did."""
PING_INTERVAL = 15.0
RETRY_MILLISECONDS = 2000
LONGEST_GOODBYE = 1.0
"""Seconds that a follower has to take the last frame when all streams end."""
MOST_STANDINGS = 100
"""Lines of a frame. Whoever wants them all asks the leaderboard."""
MOST_ALERTS = 100
"""Alerts that are kept for a follower who is slow. Whoever wants them all asks the feed."""


class Followed(NamedTuple):
    """A board that somebody follows."""

    slug: str
    metric: Metric
    private: bool = False
    """They may see it although it is private; who may not never shares what is read for them."""


class _Hub:
    """The newest frame of one board."""

    def __init__(self) -> None:
        self.frame = b""
        self.alerts: deque[tuple[int, bytes]] = deque(maxlen=MOST_ALERTS)
        """Frames with their numbers, the newest last."""
        self.untold: set[str] = set()
        """Ids of alerts that have changed."""
        self.followers = 0
        self.gone = False
        self.published = asyncio.Event()
        self.dirty = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def publish(self, frame: bytes) -> None:
        self.frame = frame
        self.wake()

    def wake(self) -> None:
        """Let followers look for what they have not sent."""
        self.published.set()
        self.published = asyncio.Event()

    def alerts_after(self, number: int) -> list[tuple[int, bytes]]:
        return [one for one in self.alerts if one[0] > number]

    @property
    def last_alert(self) -> int:
        return self.alerts[-1][0] if self.alerts else 0


class Live:
    """All hubs. Belongs to one event loop; `changed` and `alerted` are called on it.

    Args:
        feeds: without it, no alerts are sent.
    """

    def __init__(self, boards: Boards, *, metrics: Metrics, feeds: AlertFeed | None = None) -> None:
        self._boards = boards
        self._feeds = feeds
        self._metrics = metrics
        self._hubs: dict[Followed, _Hub] = {}
        self._looking: dict[Followed, asyncio.Future[Board | None]] = {}
        self._numbers = count(1)
        self._clients = 0
        self._closed = asyncio.Event()

    def changed(self, slugs: Iterable[str]) -> None:
        """Say that standings of these programs may have changed."""
        wanted = set(slugs)
        for followed, hub in self._hubs.items():
            if followed.slug in wanted:
                hub.dirty.set()

    def alerted(self, alerts: Iterable[tuple[str, str]]) -> None:
        """Say that these alerts (program, alert_id) have changed."""
        for slug, alert_id in alerts:
            for followed, hub in self._hubs.items():
                if followed.slug == slug:
                    hub.untold.add(alert_id)
                    hub.dirty.set()

    def close(self) -> None:
        """End all followers' streams; they will try again and meet whoever comes after us."""
        self._closed.set()
        for hub in self._hubs.values():
            hub.published.set()

    async def closed(self) -> None:
        """Wait for the end of all streams."""
        await self._closed.wait()

    async def exists(self, key: Followed) -> bool:
        """Whether there is such a board. Asks nobody while it is followed, and once for all who come together.

        Raises:
            StoreUnavailable: nobody follows it yet, and ClickHouse is away.
        """
        hub = self._hubs.get(key)
        if hub is not None and hub.frame and not hub.gone:
            return True
        looking = self._looking.get(key)
        if looking is None:
            looking = self._looking[key] = asyncio.ensure_future(self._seen(key).board(key.slug, key.metric, 1))
            looking.add_done_callback(lambda _: self._looking.pop(key))
        return await asyncio.shield(looking) is not None

    def _seen(self, key: Followed) -> Boards:
        return self._boards.to(tuple(Visibility)) if key.private else self._boards

    async def follow(self, key: Followed) -> AsyncGenerator[bytes]:
        """Frames of a board as they come, the newest at once; alerts that change; pings. Ends when it is gone."""
        hub = self._hubs.get(key)
        if hub is None:
            hub = self._hubs[key] = _Hub()
            hub.task = asyncio.create_task(self._refresh(key, hub), name=f"live board of {key.slug}")
        hub.followers += 1
        self._count(1)
        try:
            yield b"retry: %d\n\n" % RETRY_MILLISECONDS
            sent, alert = b"", hub.last_alert
            while not self._closed.is_set():
                published = hub.published
                if hub.frame != sent:
                    sent = hub.frame
                    yield sent
                    continue
                for number, frame in hub.alerts_after(alert):
                    alert = number
                    yield frame
                if hub.gone:
                    return
                try:
                    await asyncio.wait_for(published.wait(), PING_INTERVAL)
                except TimeoutError:
                    yield b": ping\n\n"
        finally:
            self._count(-1)
            hub.followers -= 1
            if not hub.followers:
                self._hubs.pop(key, None)
                if hub.task is not None:
                    hub.task.cancel()

    def _count(self, change: int) -> None:
        self._clients += change
        self._metrics.set(m.LIVE_CLIENTS, self._clients)

    async def _refresh(self, key: Followed, hub: _Hub) -> None:
        slug, boards = key.slug, self._seen(key)
        stale = False
        while True:
            hub.dirty.clear()
            try:
                board = await boards.board(slug, key.metric, MOST_STANDINGS)
            except Exception as error:
                if not stale:
                    stale = True
                    hub.publish(self._frame("stale", {"program": slug}))
                    if not isinstance(error, StoreUnavailable):
                        _log.exception("a live board cannot be read", program=slug)
            else:
                stale = False
                if board is None:
                    hub.gone = True
                    hub.publish(self._frame("gone", {"program": slug}))
                    return
                hub.publish(self._frame("board", board_json(board)))
                self._metrics.count(m.LIVE_FRAMES)
                await self._tell(key, hub)
            await asyncio.sleep(LEAST_INTERVAL)
            with suppress(TimeoutError):
                await asyncio.wait_for(hub.dirty.wait(), FRESHNESS_INTERVAL)

    async def _tell(self, key: Followed, hub: _Hub) -> None:
        """Send alerts that have changed, those in the order in which they did."""
        if self._feeds is None or not hub.untold:
            return
        untold, hub.untold = hub.untold, set()
        feeds = self._feeds.to(tuple(Visibility)) if key.private else self._feeds
        wanted = FeedFilter(state=Standing.ALL, ids=frozenset(untold), limit=MOST_ALERTS)
        try:
            feed = await feeds.of_program(key.slug, wanted)
        except Exception as error:
            hub.untold |= untold
            if not isinstance(error, StoreUnavailable):
                _log.exception("alerts cannot be read", program=key.slug)
            return
        for one in reversed(feed.alerts if feed else ()):
            if not one.muted:
                number = next(self._numbers)
                hub.alerts.append((number, self._frame("alert", alert_json(one), number)))
        hub.wake()

    def _frame(self, event: str, value: object, number: int = 0) -> bytes:
        number = number or next(self._numbers)
        return b"id: %d\nevent: %b\ndata: %b\n\n" % (number, event.encode(), orjson.dumps(value))


class LiveResponse(Response):
    """A follower's HTTP answer, as bare ASGI: no task and no buffer more than it needs."""

    def __init__(self, live: Live, followed: Followed) -> None:
        super().__init__(
            media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        del self.headers["content-length"]
        self._live = live
        self._followed = followed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        sending = asyncio.create_task(self._send(send), name="live follower")
        leaving = asyncio.create_task(_until_gone(receive), name="live follower's leaving")
        closing = asyncio.create_task(self._live.closed(), name="live follower's end")
        tasks = sending, leaving, closing
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if closing.done():
                await asyncio.wait({sending, leaving}, timeout=LONGEST_GOODBYE, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, send: Send) -> None:
        frames = self._live.follow(self._followed)
        try:
            async for frame in frames:
                await send({"type": "http.response.body", "body": frame, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await frames.aclose()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
