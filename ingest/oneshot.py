"""One connection to a server-sent events stream, and nothing after it.

aiohttp-sse-client 0.2.1 reads the protocol; what it does wrong about connections is taken away from it here. It must
not reconnect (it glues half an event to the next one, forgets its retry limit, and sends the id of an event that never
arrived), and its errors must say what happened. Whoever wants more than one connection makes more than one of these.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import aiohttp
from aiohttp.http_exceptions import LineTooLong
from aiohttp_sse_client.client import EventSource, MessageEvent

MOST_EVENT_BYTES = 16 * 2**20
"""Longest event that is read. Kafka at Wikimedia holds messages of at most 10 MB."""

LONGEST_SILENCE = 900.0
"""Seconds, for sessions that say nothing of it: the service closes every connection after that."""


class StreamEnded(Exception):
    """The server closed the connection in order."""


class HalfEvent(Exception):
    """The connection ended inside an event; that event was not delivered."""


class EventTooLong(Exception):
    """An event is longer than `MOST_EVENT_BYTES`."""


class Refused(Exception):
    """The server answered, with something else than a stream.

    Args:
        retry_after: the header of that name, as it stands there.
    """

    def __init__(self, status: int, detail: str, retry_after: str | None) -> None:
        super().__init__(detail)
        self.status, self.retry_after = status, retry_after


class _OneShot(EventSource):  # type: ignore[misc] # the library has no types
    """`EventSource` that connects once. Overrides private methods: the library is pinned."""

    _asked = 0
    _waiting = False

    async def __anext__(self) -> MessageEvent:
        self._asked += 1
        self._waiting = True
        try:
            return await super().__anext__()
        finally:
            self._waiting = False

    async def watch(self, seconds: float) -> None:
        """End a silence that aiohttp does not see; runs until it is cancelled.

        After a broken chunk its parser forgets who reads the body, and its own timeout goes with the connection: the
        reader would wait for ever.
        """
        before: tuple[int, int] | None = None
        while True:
            await asyncio.sleep(seconds)
            now = self._asked, self._response.content.total_bytes if self._response else 0
            if self._waiting and self._response and now == before:
                self._response.content.set_exception(aiohttp.SocketTimeoutError("nothing came"))
            before = now

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
        raise_for_status=_require_stream,
        read_bufsize=MOST_EVENT_BYTES // 2,
    ) as session:
        yield session


async def _require_stream(response: aiohttp.ClientResponse) -> None:
    """Lets nothing else through to the library, which neither tells what came nor closes it.

    It can't be aiohttp's own check: that one's exception also stands for answers that are not HTTP, as status 400.
    """
    if response.status == 200 and response.content_type == "text/event-stream":
        return
    response.close()
    detail = f"{response.status} {response.reason or ''}".strip()
    if response.status == 200:
        detail = f"an answer of type {response.content_type}"
    raise Refused(response.status, detail, response.headers.get("Retry-After"))


@asynccontextmanager
async def connection(
    session: aiohttp.ClientSession, url: str, *, params: Mapping[str, str], last_event_id: str | None
) -> AsyncIterator[AsyncIterator[MessageEvent]]:
    """Open one connection; gives its events.

    Iterating ends with an exception, always: `StreamEnded`, `HalfEvent`, `EventTooLong`, or what aiohttp raises.

    Raises:
        Refused: any status but 200, and anything that is not a stream.
    """
    headers: dict[str, Any] = {"Last-Event-ID": last_event_id} if last_event_id else {}
    source = _OneShot(url, session=session, reconnection_time=timedelta(0), params=dict(params), headers=headers)
    try:
        async with source:
            watching = asyncio.create_task(source.watch(session.timeout.sock_read or LONGEST_SILENCE))
            try:
                yield source
            finally:
                watching.cancel()
                with suppress(asyncio.CancelledError):
                    await watching
    except LineTooLong as error:
        raise EventTooLong from error
