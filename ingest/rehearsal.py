"""A local EventStreams that serves recorded events, for rehearsals, the demo and tests.

A client sees what Wikimedia's server shows it: the same paths, ids, `since`, `Last-Event-ID`, canaries, and connections
that are closed in the middle of things every 15 minutes.
"""

from __future__ import annotations

import asyncio
import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from uuid import NAMESPACE_URL, uuid5

import orjson
from aiohttp import web

from ingest.asked import EARLIEST, BadRequest, read_id, read_since
from ingest.recorded import event_time, read_events
from ingest.resume import DATA_CENTRES
from ingest.streams import ALIASED_STREAMS, PUBLIC_STREAMS
from processors.errors import InvalidInput

DEFAULT_STREAM = "mediawiki.recentchange"
CANARY_SECONDS = 900.0
_CHUNK_EVENTS = 200


@dataclass(frozen=True, slots=True)
class _Message:
    """One event of a topic."""

    topic: str
    offset: int
    timestamp_ms: int
    data: bytes


class Rehearsal:
    """The server; runs for as long as its block lasts.

    Args:
        files: recordings as `ingest.recorded` reads them; played together, each from its own first event on.
        speed: times as fast as recorded; infinity: everything is there at once.
        rebase: move the recorded times to now, so that the first events happen now.
        close_after: seconds after which a connection is cut.
    """

    def __init__(
        self,
        files: Sequence[Path],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        speed: float = 1.0,
        rebase: bool = True,
        close_after: float = 900.0,
    ) -> None:
        if rebase and not math.isfinite(speed):
            raise InvalidInput("times can only be moved to now at a finite speed")
        self._files = files
        self._host, self._port = host, port
        self._speed = speed
        self._rebase = rebase
        self._close_after = close_after
        self._log: list[_Message] = []
        self._topics: dict[str, list[_Message]] = {}
        self._grown = asyncio.Event()
        self.finished = asyncio.Event()
        """Set when the last event has been published."""
        self.streams: tuple[str, ...] = ()
        """Those of the recordings."""
        self.total = 0
        self.published = 0
        self.start = datetime.now(UTC)
        """Event time of the beginning: `since` of it brings everything."""

    async def __aenter__(self) -> Self:
        events = await asyncio.to_thread(self._load)
        self.total = len(events)
        for stream in self.streams:
            for centre in DATA_CENTRES:
                self._topics[f"{centre}.{stream}"] = []
        app = web.Application()
        app.router.add_get("/v2/stream/{streams}", self._stream)
        self._runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise InvalidInput(f"cannot listen on {self._host}:{self._port} ({error.strerror})") from error
        self.url = f"http://{self._host}:{self._runner.addresses[0][1]}"
        self._player = asyncio.create_task(self._play(events), name="rehearsal")
        return self

    async def __aexit__(self, *error: object) -> None:
        self._player.cancel()
        await asyncio.wait([self._player])
        await self._runner.cleanup()

    @property
    def last_offsets(self) -> dict[tuple[str, int], int]:
        """The last published offset of each topic-partition that has any."""
        return {(topic, 0): messages[-1].offset for topic, messages in self._topics.items() if messages}

    # what is played

    def _load(self) -> list[tuple[float, float, dict[str, Any]]]:
        """All events in the order in which they are published: (seconds since the beginning, recorded time, event)."""
        recorded: list[tuple[float, float, dict[str, Any]]] = []
        for path in self._files:
            first: float | None = None
            for raw in read_events(path):
                event, at = _readable(raw.data), event_time(raw.data)
                if event is None or at is None:
                    raise InvalidInput(f"{raw.source}: not an event with a time; a rehearsal can't place it")
                first = at if first is None else first
                recorded.append((at - first if self._rebase else at, at, event))
        if not recorded:
            raise InvalidInput("nothing to rehearse: the files hold no events")
        recorded.sort(key=lambda one: one[0])
        beginning = recorded[0][0]
        self.streams = tuple(sorted({_stream_of(event) for _, _, event in recorded}))
        if not self._rebase:
            self.start = datetime.fromtimestamp(beginning, UTC)
        return [(at - beginning, recorded_at, event) for at, recorded_at, event in recorded]

    async def _play(self, events: Sequence[tuple[float, float, dict[str, Any]]]) -> None:
        """Publish every event when its time has come."""
        loop = asyncio.get_running_loop()
        began, next_canary = loop.time(), 0.0
        for seconds, recorded_at, event in events:
            due = seconds / self._speed
            if (wait := began + due - loop.time()) > 0:
                self._announce()
                await asyncio.sleep(wait)
            at = self.start.timestamp() + due if self._rebase else recorded_at
            if due >= next_canary:
                self._publish_canaries(at)
                next_canary = due + CANARY_SECONDS
            self._publish(event, at, recorded_at)
            self.published += 1
        self._announce()
        self.finished.set()

    def _announce(self) -> None:
        """Wake everybody who waits for more."""
        self._grown.set()
        self._grown = asyncio.Event()

    def _publish(self, event: dict[str, Any], at: float, recorded_at: float) -> None:
        """Put an event at the end of its topic."""
        meta = event["meta"] = dict(event.get("meta") or {})
        if self._rebase:
            if isinstance(event.get("timestamp"), int):
                # The time since it happened shrinks like all others: what happened first stays first.
                event["timestamp"] = int(at - (recorded_at - event["timestamp"]) / self._speed)
            if isinstance(event.get("dt"), str):
                event["dt"] = _iso(at)
        meta["dt"] = _iso(at)
        meta["stream"] = stream = _stream_of(event)
        if "id" not in meta:
            meta["id"] = str(uuid5(NAMESPACE_URL, orjson.dumps(event).decode()))
        self._append(f"{DATA_CENTRES[0]}.{stream}", at, event)

    def _publish_canaries(self, at: float) -> None:
        """Wikimedia's own test events, on every topic, the silent ones too."""
        for topic in list(self._topics):
            stream = topic.partition(".")[2]
            meta = {
                "id": str(uuid5(NAMESPACE_URL, f"{topic}/{at}")),
                "domain": "canary",
                "stream": stream,
                "dt": _iso(at),
            }
            self._append(topic, at, {"$schema": "/mediawiki/recentchange/1.0.1", "meta": meta})

    def _append(self, topic: str, at: float, event: dict[str, Any]) -> None:
        messages = self._topics[topic]
        # A log's times never go back: clients resume by them.
        timestamp_ms = max(round(at * 1000), messages[-1].timestamp_ms if messages else 0)
        event["meta"] |= {"topic": topic, "partition": 0, "offset": len(messages)}
        message = _Message(topic, len(messages), timestamp_ms, orjson.dumps(event))
        messages.append(message)
        self._log.append(message)

    # what clients see

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        wanted = [self._known(name) for name in request.match_info["streams"].split(",")]
        unknown = [
            name for name, stream in zip(request.match_info["streams"].split(","), wanted, strict=True) if not stream
        ]
        if unknown:
            return _problem(400, "Stream Not Found", f"Invalid streams: {','.join(unknown)}")
        topics = [f"{centre}.{stream}" for stream in dict.fromkeys(wanted) for centre in DATA_CENTRES]
        try:
            starts = self._starts(request, topics)
        except BadRequest as error:
            return _problem(error.status, error.title, str(error))
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
        )
        await response.prepare(request)
        await response.write(b":ok\n\n")
        try:
            async with asyncio.timeout(self._close_after if math.isfinite(self._close_after) else None):
                await self._send(response, starts)
        except TimeoutError:
            if request.transport is not None:
                request.transport.close()
        except ConnectionError:
            pass
        return response

    def _known(self, name: str) -> str | None:
        """The stream of that name; those of the recordings may leave the `mediawiki.` out too."""
        if name in PUBLIC_STREAMS:
            return name
        aliased = (*self.streams, *ALIASED_STREAMS)
        return next((stream for stream in aliased if name in (stream, stream.removeprefix("mediawiki."))), None)

    def _starts(self, request: web.Request, topics: Sequence[str]) -> dict[str, int]:
        """The first offset to send of each topic; a topic that is left out gets nothing."""
        at = read_since(request.query.get("since", ""))
        header = request.headers.get("Last-Event-ID")
        entries = read_id(header) if header is not None else [{"topic": topic} for topic in topics]
        return dict(self._start_of(entry, topics, at) for entry in entries)

    def _start_of(self, entry: dict[str, Any], topics: Sequence[str], since: int) -> tuple[str, int]:
        """The topic of an entry and its first offset; `since` is for entries that name a topic only, 0: the end."""
        topic = entry["topic"]
        if topic not in topics:
            raise BadRequest(404, "Topic Not Found", f"{topic} is not among {', '.join(topics)}")
        offset = entry.get("offset")
        if offset == EARLIEST:
            return topic, 0
        if offset is not None:
            return topic, offset if offset >= 0 else len(self._published(topic))
        at = entry.get("timestamp", since or None)
        return topic, self._offset_at(topic, at) if at is not None else len(self._published(topic))

    def _offset_at(self, topic: str, timestamp_ms: int) -> int:
        """The first offset at that time or later; the end of the topic where there is none."""
        return bisect_left(self._published(topic), timestamp_ms, key=lambda message: message.timestamp_ms)

    def _published(self, topic: str) -> Sequence[_Message]:
        return self._topics.get(topic, ())

    async def _send(self, response: web.StreamResponse, starts: dict[str, int]) -> None:
        """Send what there is and what comes, for ever."""
        latest: dict[str, int] = {}
        place = 0
        while True:
            grown = self._grown
            frames: list[bytes] = []
            while place < len(self._log) and len(frames) < _CHUNK_EVENTS:
                message = self._log[place]
                place += 1
                if message.offset >= starts.get(message.topic, 1 << 62):
                    latest[message.topic] = message.timestamp_ms + 1
                    frames.append(_frame(message, starts, latest))
            if frames:
                await response.write(b"".join(frames))
            elif place >= len(self._log):
                await grown.wait()


def _frame(message: _Message, topics: Iterable[str], latest: dict[str, int]) -> bytes:
    position = [
        {"topic": topic, "partition": 0, "timestamp": latest[topic]}
        if topic in latest
        else {"topic": topic, "partition": 0, "offset": -1}
        for topic in topics
    ]
    return b"event: message\nid: %b\ndata: %b\n\n" % (orjson.dumps(position), message.data)


def _problem(status: int, title: str, detail: str) -> web.Response:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return web.json_response(body, status=status, content_type="application/problem+json")


def _readable(data: bytes) -> dict[str, Any] | None:
    try:
        event = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return event if isinstance(event, dict) else None


def _stream_of(event: dict[str, Any]) -> str:
    return str((event.get("meta") or {}).get("stream") or DEFAULT_STREAM)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
