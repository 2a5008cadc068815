"""One connection to a server-sent events stream, and nothing after it.

aiohttp-sse-client 0.2.1 reads the protocol; what it does wrong about connections is taken away from it here. It must
not reconnect (it glues half an event to the next one, forgets its retry limit, and sends the id of an event that never
arrived), and its errors must say what happened. Whoever wants more than one connection makes more than one of these.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
from aiohttp_sse_client.client import EventSource, MessageEvent

MOST_EVENT_BYTES = 16 * 2**20
"""Longest event that is read. Kafka at Wikimedia holds messages of at most 10 MB."""


class StreamEnded(Exception):
    """The server closed the connection in order."""


class HalfEvent(Exception):
    """The connection ended inside an event; that event was not delivered."""


class EventTooLong(Exception):
    """An event is longer than `MOST_EVENT_BYTES`."""


class _OneShot(EventSource):  # type: ignore[misc] # the library has no types
    """`EventSource` that connects once. Overrides private methods: the library is pinned."""

    async def connect(self, retry: int = 0) -> None:
        if self._response is not None:
            raise HalfEvent if self._half_event() else StreamEnded
        await super().connect(0)

    def _half_event(self) -> bool:
        return bool(self._event_data or self._event_type or self._event_id != self._last_event_id)

    def _process_field(self, field_name: str, field_value: str) -> None:
        # `retry` would make the library wait before it finds out that it may not reconnect.
        if field_name == "retry":
            return
        super()._process_field(field_name, field_value)
        if len(self._event_data) > MOST_EVENT_BYTES:
            raise EventTooLong


@asynccontextmanager
async def open_session(user_agent: str, *, stall_seconds: float) -> AsyncIterator[aiohttp.ClientSession]:
    """A session for streams: no total timeout, silence longer than `stall_seconds` is an error."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=15, sock_read=stall_seconds)
    async with aiohttp.ClientSession(
        timeout=timeout,
        headers={"User-Agent": user_agent},
        raise_for_status=True,
        read_bufsize=MOST_EVENT_BYTES // 2,
    ) as session:
        yield session


@asynccontextmanager
async def connection(
    session: aiohttp.ClientSession, url: str, *, params: Mapping[str, str], last_event_id: str | None
) -> AsyncIterator[AsyncIterator[MessageEvent]]:
    """Open one connection; gives its events.

    Iterating ends with an exception, always: `StreamEnded`, `HalfEvent`, `EventTooLong`, or what aiohttp raises.

    Raises:
        aiohttp.ClientResponseError: any status but 200, with `.status` and `.headers`.
    """
    headers: dict[str, Any] = {"Last-Event-ID": last_event_id} if last_event_id else {}
    source = _OneShot(url, session=session, reconnection_time=timedelta(0), params=dict(params), headers=headers)
    async with source:
        yield source
