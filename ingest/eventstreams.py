"""Wikimedia EventStreams as an `EventSource`: one connection after another, nothing lost between them.

A reconnect asks every topic for what came since its last event less an overlap, by time. The server's own event id is
never sent back: it skips what else happened in the same millisecond, and forgets the topic of the silent data centre.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

import aiohttp
import structlog
from aiohttp.http_exceptions import ContentEncodingError, HttpProcessingError

from ingest.oneshot import EventTooLong, HalfEvent, Refused, StreamEnded, connection, open_session
from ingest.resume import Positions
from ingest.retry_after import read_retry_after
from processors import metrics as m
from processors.errors import InvalidInput, SourceUnavailable
from processors.metrics import Metrics
from processors.ports.store import Checkpoint, RawEvent

_log = structlog.get_logger()

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds before a reconnect after an error; doubled each time, with jitter."""
REFUSED_WAIT = 60.0
"""Least wait after 403 and 429: asking more often would get us blocked for longer."""
MOST_RETRY_AFTER = 900.0
SHORT_CONNECTION = 1.0
"""Seconds. A shorter connection is an error even if it ends in order: it may have brought the overlap and no more."""
_REFUSED = (403, 429)
_CONTACT = re.compile(r"https?://\S+|mailto:\S+|[^\s@]+@[^\s@]+|(?:User|User talk):\S.*", re.IGNORECASE)


def build_user_agent(contact: str) -> str:
    """The User-Agent that Wikimedia asks for: the tool, its version and whom to reach.

    Source: https://foundation.wikimedia.org/wiki/Policy:Wikimedia_Foundation_User-Agent_Policy

    Raises:
        InvalidInput: the contact is missing, or is not a mail address, a URL or a user page.
    """
    contact = contact.strip()
    if not contact:
        raise InvalidInput(
            "WIKITALLY_CONTACT: Wikimedia refuses readers that do not say whom to reach; "
            "set it to your mail address, a URL or your user page"
        )
    if not _CONTACT.fullmatch(contact) or not contact.isprintable() or set(contact) & set("()"):
        raise InvalidInput(f"WIKITALLY_CONTACT: want a mail address, a URL or User:Name, not {contact!r}")
    return f"wikitally/{version('wikitally')} ({contact}) aiohttp/{aiohttp.__version__}"


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a connection ended."""

    reason: str
    detail: str
    retry_after: float | None = None
    status: int | None = None


class EventStreams:
    """`EventSource` over a list of streams.

    Args:
        url: of the service, without path.
        streams: read over one connection.
        since: where to begin when there is no checkpoint; None: now.
        overlap_seconds: how far a reconnect goes back.
        stall_seconds: silence after which a connection is given up. The server sends no heartbeat.
        batch_events: most events in a batch.
        linger_seconds: how long a batch may wait for more events.
        sleep, now, monotonic: for tests.
    """

    def __init__(
        self,
        url: str,
        streams: Sequence[str],
        *,
        user_agent: str,
        metrics: Metrics,
        since: datetime | None = None,
        overlap_seconds: float = 10.0,
        stall_seconds: float = 90.0,
        batch_events: int = 2000,
        linger_seconds: float = 0.1,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = f"{url.rstrip('/')}/v2/stream/{','.join(streams)}"
        self._user_agent = user_agent
        self._metrics = metrics
        self._since = since
        self._overlap_ms = int(overlap_seconds * 1000)
        self._stall_seconds = stall_seconds
        self._batch_events = batch_events
        self._linger_seconds = linger_seconds
        self._sleep = sleep
        self._now = now
        self._monotonic = monotonic

    async def events(self, resume: Checkpoint | None) -> AsyncIterator[Sequence[RawEvent]]:
        """As `EventSource.events`. Never ends by itself.

        Raises:
            SourceUnavailable: the server does not know the streams.
        """
        began = self._since.timestamp() if self._since else self._now()
        positions = Positions(resume.reached if resume else {}, int(began * 1000), self._overlap_ms)
        buffer = _Buffer(self._batch_events, self._linger_seconds)
        reader = asyncio.create_task(self._read(positions, buffer), name="stream reader")
        reader.add_done_callback(lambda _: buffer.end())
        try:
            while batch := await buffer.take():
                yield batch
            await reader
        finally:
            reader.cancel()
            with suppress(asyncio.CancelledError):
                await reader
            self._metrics.set(m.CONNECTED, 0)

    async def _read(self, positions: Positions, buffer: _Buffer) -> None:
        """Connect, read, connect again."""
        failures = 0
        logged = ""
        async with open_session(self._user_agent, stall_seconds=self._stall_seconds) as session:
            while True:
                read, began = buffer.received, self._monotonic()
                failure = await self._one_connection(session, positions, buffer)
                self._metrics.set(m.CONNECTED, 0)
                self._metrics.count(m.RECONNECTS, reason=failure.reason)
                if failure.status in (400, 404) and not positions.give_up_on_ids():
                    raise SourceUnavailable(
                        f"{self._url}: the server does not know these streams ({failure.detail})", reason=failure.reason
                    )
                progressed = buffer.received > read and self._monotonic() - began >= SHORT_CONNECTION
                if progressed and failure.reason == "closed":
                    # Every 15 minutes, by the service's own rule: no fault and nothing to say.
                    failures, logged = 0, ""
                    continue
                failures = 1 if progressed else failures + 1
                wait = self._wait(failure, failures)
                if failure.reason != logged:
                    logged = failure.reason
                    level = _log.error if failure.status in _REFUSED else _log.warning
                    level("stream lost; trying again", why=failure.reason, detail=failure.detail, wait_seconds=wait)
                await self._sleep(wait)

    @staticmethod
    def _wait(failure: _Failure, failures: int) -> float:
        """Seconds before the next attempt."""
        wait = min(FIRST_WAIT * 2.0 ** min(failures - 1, 10), LONGEST_WAIT) * random.uniform(0.5, 1.0)  # noqa: S311
        if failure.status in _REFUSED:
            wait = max(wait, REFUSED_WAIT)
        if failure.retry_after is not None:
            wait = max(wait, min(failure.retry_after, MOST_RETRY_AFTER))
        return round(wait, 2)

    async def _one_connection(self, session: aiohttp.ClientSession, positions: Positions, buffer: _Buffer) -> _Failure:
        """Read one connection to its end; tells why it ended."""
        params, last_event_id = positions.request()
        try:
            async with connection(session, self._url, params=params, last_event_id=last_event_id) as events:
                self._metrics.set(m.CONNECTED, 1)
                async for event in events:
                    if event.type == "error":
                        return _Failure("server_error", event.data[:500])
                    positions.last_id = event.last_event_id
                    await buffer.put(RawEvent(event.data.encode(), None, self._url))
        except StreamEnded:
            return _Failure("closed", "the server closed the connection")
        except HalfEvent:
            return _Failure("half_event", "the connection ended inside an event")
        except EventTooLong:
            return _Failure("too_long", "an event is longer than can be read")
        except Refused as error:
            reason = "no_stream" if error.status == 200 else f"http_{error.status}"
            return _Failure(reason, str(error), read_retry_after(error.retry_after, self._now()), error.status)
        except (aiohttp.ClientResponseError, HttpProcessingError, UnicodeDecodeError) as error:
            return _Failure("garbled", f"{type(error).__name__}: {error}"[:500])
        except aiohttp.SocketTimeoutError:
            return _Failure("stalled", f"nothing came for {self._stall_seconds:g} seconds")
        except (aiohttp.ClientConnectorError, aiohttp.ServerTimeoutError) as error:
            return _Failure("unreachable", str(error))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Where aiohttp knows the encoding, it finds out in the middle of the body.
            garbled = isinstance(error.__cause__, ContentEncodingError)
            return _Failure("garbled" if garbled else "reset", f"{type(error).__name__}: {error}"[:500])
        finally:
            positions.connection_ended()
        raise AssertionError("a connection ends with an exception")


class _Buffer:
    """Between the reader, which must not be cancelled inside an event, and batches. Holds at most two of them."""

    def __init__(self, batch_events: int, linger_seconds: float) -> None:
        self._batch_events = batch_events
        self._linger_seconds = linger_seconds
        self._events: list[RawEvent] = []
        self._some, self._full, self._room = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._ended = False
        self.received = 0

    async def put(self, event: RawEvent) -> None:
        """Add an event; waits while two batches are there already."""
        self._events.append(event)
        self.received += 1
        if not self._some.is_set():
            self._some.set()
        if len(self._events) >= self._batch_events:
            self._full.set()
            if len(self._events) >= 2 * self._batch_events:
                self._room.clear()
                await self._room.wait()

    def end(self) -> None:
        """Say that nothing more comes."""
        self._ended = True
        self._some.set()
        self._full.set()

    async def take(self) -> list[RawEvent]:
        """The next batch: as soon as it is full, or some time after its first event. Empty: nothing more comes."""
        await self._some.wait()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._full.wait(), self._linger_seconds)
        batch, self._events = self._events[: self._batch_events], self._events[self._batch_events :]
        if not self._ended:
            if not self._events:
                self._some.clear()
            if len(self._events) < self._batch_events:
                self._full.clear()
        self._room.set()
        return batch
