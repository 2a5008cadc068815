"""Faults that a real server does not produce on demand, from a small scripted one.

The defects D1 to D14 of aiohttp-sse-client that concern us are named where they are shown to be fenced.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from ingest.eventstreams import FIRST_WAIT, LONGEST_WAIT, REFUSED_WAIT, EventStreams, build_user_agent
from ingest.oneshot import MOST_EVENT_BYTES
from processors.errors import InvalidInput, SourceUnavailable
from processors.metrics import CONNECTED, RECONNECTS
from tests.recorders import RecordedMetrics

TOPIC = "eqiad.mediawiki.recentchange"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp()
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

Script = Callable[[asyncio.StreamWriter], Awaitable[None]]


def frame(number: int, padding: int = 0) -> bytes:
    position = orjson.dumps([{"topic": TOPIC, "partition": 0, "timestamp": 1_000_000 + 1000 * number}])
    data = orjson.dumps({"meta": {"id": str(number)}, "padding": "x" * padding})
    return b"event: message\nid: %b\ndata: %b\n\n" % (position, data)


def chunk(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(body), body)


def ends(*bodies: bytes, cut: bytes = b"") -> Script:
    """Send bodies, then close in order; `cut` is the part of an event that comes last."""

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + b"".join(map(chunk, bodies)) + (chunk(cut) if cut else b"") + b"0\r\n\r\n")
        await writer.drain()

    return script


def breaks(*bodies: bytes) -> Script:
    """Send bodies, then drop the connection in the middle of the response."""

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + b"".join(map(chunk, bodies)))
        await writer.drain()
        writer.transport.abort()

    return script


def hangs(*bodies: bytes) -> Script:
    """Send bodies, then say nothing more."""

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + b"".join(map(chunk, bodies)))
        await writer.drain()
        await asyncio.sleep(3600)

    return script


def answers(status: str, *headers: str, body: bytes = b"no") -> Script:
    async def script(writer: asyncio.StreamWriter) -> None:
        head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        await writer.drain()

    return script


def plain(answer: bytes) -> Script:
    """Send an answer as it stands and keep the connection open."""

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        await asyncio.sleep(3600)

    return script


class Server:
    """Plays one script a connection; the last one again and again."""

    def __init__(self, scripts: list[Script]) -> None:
        self.scripts = scripts
        self.requests: list[dict[str, str]] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines[1:] if line)
            self.requests.append(
                {"path": lines[0].split()[1], **{name.lower(): text for name, text in headers.items()}}
            )
            script = self.scripts[min(len(self.requests), len(self.scripts)) - 1]
            await script(writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def scripted(*scripts: Script) -> AsyncIterator[Server]:
    server = Server(list(scripts))
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()
        for task in asyncio.all_tasks():
            if "Server.serve " in repr(task.get_coro()):
                task.cancel()
        await asyncio.sleep(0)


class Client:
    """The source, with waits that are noted and not waited. By its clock, connections last 15 minutes."""

    def __init__(self, server: Server, *, lasting: float = 900.0, **options: Any) -> None:
        self.metrics = RecordedMetrics()
        self.waits: list[float] = []
        self.logs: list[Any] = []
        self.source = EventStreams(
            server.url,
            ["recentchange"],
            user_agent="wikitally tests",
            metrics=self.metrics,
            sleep=self._sleep,
            now=lambda: NOW,
            monotonic=count(0.0, lasting).__next__,
            **({"linger_seconds": 0.005, "stall_seconds": 5.0} | options),
        )

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)

    async def read(self, *wanted: int) -> list[str]:
        """Ids in the order in which they came, until all that are wanted have."""
        came: list[str] = []
        with capture_logs() as self.logs:
            async with asyncio.timeout(20), aclosing(self.source.events(None)) as stream:  # type: ignore[type-var]
                async for batch in stream:
                    came += [orjson.loads(event.data)["meta"]["id"] for event in batch]
                    if set(came) >= set(map(str, wanted)):
                        break
        return came

    def reconnects(self) -> dict[str, int]:
        return {labels[0]: count for (name, *labels), count in self.metrics.counts.items() if name == RECONNECTS.name}


async def test_a_close_in_order_is_followed_by_a_reconnect_at_once_and_without_a_word() -> None:
    """The service closes every connection after 15 minutes. D3, D6: the library would wait and then give up."""
    async with scripted(ends(frame(1)), ends(frame(2)), hangs(frame(3))) as server:
        client = Client(server)
        assert await client.read(1, 2, 3) == ["1", "2", "3"]
    assert client.reconnects() == {"closed": 2}
    assert client.waits == []
    assert client.logs == []


async def test_a_reconnect_asks_from_the_last_whole_event_less_the_overlap() -> None:
    async with scripted(ends(frame(1), frame(2)), hangs(frame(3))) as server:
        await Client(server, overlap_seconds=1.5).read(3)
    first, second = server.requests
    assert first["path"] == f"/v2/stream/recentchange?since={int(NOW * 1000)}"
    assert "last-event-id" not in first
    asked = {one["topic"]: one["timestamp"] for one in orjson.loads(second["last-event-id"])}
    assert asked[TOPIC] == 1_002_000 - 1500
    assert second["path"] == "/v2/stream/recentchange"


async def test_a_broken_connection_is_mended() -> None:
    """D2: the library raises for ever after it."""
    async with scripted(breaks(frame(1)), hangs(frame(2))) as server:
        client = Client(server)
        assert await client.read(1, 2) == ["1", "2"]
    assert client.reconnects() == {"reset": 1}
    assert len(client.logs) == 1
    assert client.logs[0]["why"] == "reset"


@pytest.mark.parametrize("cut", [1, 20, len(frame(2)) - 40, len(frame(2)) - 1])
async def test_half_an_event_is_dropped_and_read_again_whole(cut: int) -> None:
    """D4, D5: the library glues it to the next event, or skips the event whose id it has seen."""
    async with scripted(ends(frame(1), cut=frame(2)[:cut]), hangs(frame(2), frame(3))) as server:
        client = Client(server)
        assert await client.read(1, 2, 3) == ["1", "2", "3"]
        asked = {one["topic"]: one["timestamp"] for one in orjson.loads(server.requests[1]["last-event-id"])}
    assert asked[TOPIC] < 1_002_000, "the time of an event that never arrived was sent"
    assert sum(client.reconnects().values()) == 1


async def test_an_event_cut_between_its_id_and_its_data_is_not_skipped() -> None:
    """D5."""
    cut = frame(2)[: frame(2).index(b"data:")]
    async with scripted(ends(b":ok\n\n", frame(1), cut=cut), hangs(frame(2))) as server:
        client = Client(server)
        assert await client.read(1, 2) == ["1", "2"]
    assert client.reconnects() == {"half_event": 1}


async def test_silence_is_given_up_after_its_time() -> None:
    """D1, D9: the library's session cuts after five minutes whatever comes; ours after a silence."""
    async with scripted(hangs(frame(1)), hangs(frame(2))) as server:
        client = Client(server, stall_seconds=0.2)
        assert await client.read(1, 2) == ["1", "2"]
    assert client.reconnects() == {"stalled": 1}


@pytest.mark.parametrize(
    ("status", "header", "wait"),
    [
        ("429 Too Many Requests", "Retry-After: 120", 120.0),
        ("429 Too Many Requests", "X: y", REFUSED_WAIT),
        ("503 Service Unavailable", "Retry-After: 7", 7.0),
        ("503 Service Unavailable", "Retry-After: Tue, 24 Nov 2026 12:00:30 GMT", 30.0),
        ("503 Service Unavailable", "Retry-After: Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("503 Service Unavailable", "Retry-After: soon", 0.0),
        ("503 Service Unavailable", "Retry-After: 99999999", 900.0),
        ("503 Service Unavailable", "Retry-After: \u00b2", 0.0),
        ("503 Service Unavailable", "Retry-After: Tue, 99 Nov 2026 12:00:30 GMT", 0.0),
        ("403 Forbidden", "X: y", REFUSED_WAIT),
    ],
)
async def test_a_refusal_is_survived_and_waits_as_long_as_it_asks(status: str, header: str, wait: float) -> None:
    """D7, D10: the library knows neither the status nor the header, and leaks the connection."""
    async with scripted(answers(status, header), hangs(frame(1))) as server:
        client = Client(server)
        assert await client.read(1) == ["1"]
    assert client.reconnects() == {f"http_{status[:3]}": 1}
    (waited,) = client.waits
    assert max(wait, FIRST_WAIT / 2) <= waited <= max(wait, FIRST_WAIT)


@pytest.mark.parametrize(
    "status", ["500 Internal Server Error", "502 Bad Gateway", "204 No Content", "304 Not Modified"]
)
async def test_other_answers_are_tried_again(status: str) -> None:
    """D7: 204 is an error, not an end."""
    async with scripted(answers(status, body=b""), hangs(frame(1))) as server:
        client = Client(server)
        assert await client.read(1) == ["1"]
    assert client.reconnects() == {f"http_{status[:3]}": 1}


async def test_a_page_that_never_ends_is_no_stream_and_is_let_go() -> None:
    """D10. So answer the sign-in pages of networks, and proxies."""
    let_go = asyncio.Semaphore(0)

    async def page(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99999999\r\n\r\n")
        try:
            while True:
                writer.write(b"<p>")
                await writer.drain()
                await asyncio.sleep(0.01)
        except ConnectionError:
            let_go.release()

    async def when_let_go(writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            await let_go.acquire()
        await hangs(frame(1))(writer)

    async with scripted(page, page, when_let_go) as server:
        client = Client(server)
        assert await client.read(1) == ["1"]
    assert client.reconnects() == {"no_stream": 2}
    assert len(client.logs) == 1


GARBLED = {
    "not HTTP": b"nonsense\r\n\r\n",
    "a status that is none": b"HTTP/1.1 abc OK\r\n\r\n",
    "a header that is none": OK + b"Bad\x00Name: x\r\n\r\n",
    "a header without end": OK + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
    "a chunk without size": CHUNKED + b"zzz\r\nnonsense",
    "an encoding that nobody asked for": CHUNKED[:-2] + b"Content-Encoding: zstd\r\n\r\n" + chunk(b"x"),
    "text that is not UTF-8": CHUNKED + chunk(b"data: \xff\n\n"),
}


@pytest.mark.parametrize("name", GARBLED)
async def test_what_is_not_the_protocol_is_tried_again_and_never_taken_for_a_refusal(name: str) -> None:
    """aiohttp reports such answers as status 400, which would mean that the streams do not exist."""
    async with scripted(plain(GARBLED[name]), hangs(frame(1))) as server:
        client = Client(server)
        assert await client.read(1) == ["1"]
    assert client.reconnects() == {"garbled": 1}


async def test_garbage_in_the_middle_of_a_stream_is_survived() -> None:
    """aiohttp (3.14, its parser in C) closes the connection then, and never wakes the reader."""

    async def turns_bad(writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + chunk(frame(1)))
        await writer.drain()
        while not client.metrics.gauges.get((CONNECTED.name,)):
            await asyncio.sleep(0.01)
        writer.write(b"zzz\r\nnonsense\r\n")
        await writer.drain()
        await asyncio.sleep(3600)

    async with scripted(turns_bad, hangs(frame(1), frame(2))) as server:
        client = Client(server, stall_seconds=0.3)
        assert set(await client.read(1, 2)) == {"1", "2"}
    assert sum(client.reconnects().values()) == 1


async def test_waits_grow_and_have_an_end_and_a_condition_is_logged_once() -> None:
    async with scripted(*[answers("500 Oops")] * 12, hangs(frame(1))) as server:
        client = Client(server)
        await client.read(1)
    assert len(client.waits) == 12
    for number, wait in enumerate(client.waits):
        full = min(FIRST_WAIT * 2**number, LONGEST_WAIT)
        assert full / 2 <= wait <= full
    assert [log["why"] for log in client.logs] == ["http_500"]


async def test_each_new_condition_is_logged_and_a_refusal_as_an_error() -> None:
    async with scripted(
        answers("500 Oops"), answers("403 Forbidden"), answers("403 Forbidden"), hangs(frame(1))
    ) as server:
        client = Client(server)
        await client.read(1)
    assert [(log["why"], log["log_level"]) for log in client.logs] == [("http_500", "warning"), ("http_403", "error")]


async def test_a_connection_that_closes_without_an_event_is_not_tried_without_a_wait() -> None:
    async with scripted(*[ends(b":ok\n\n")] * 3, hangs(frame(1))) as server:
        client = Client(server)
        await client.read(1)
    assert len(client.waits) == 3


async def test_a_server_that_closes_right_after_the_overlap_is_not_asked_again_and_again_without_a_wait() -> None:
    """The overlap comes with every connection: that something came does not mean that all is well."""
    async with scripted(*[ends(frame(1))] * 8, hangs(frame(2))) as server:
        client = Client(server, lasting=0.1)
        await client.read(2)
    assert len(client.waits) == 8
    assert client.waits[-1] > 20
    assert [log["why"] for log in client.logs] == ["closed"]


async def test_an_unknown_stream_is_told_and_not_tried_again() -> None:
    async with scripted(answers("400 Bad Request")) as server:
        with pytest.raises(SourceUnavailable, match="recentchange") as caught:
            await Client(server).read(1)
    assert caught.value.reason == "http_400"
    assert len(server.requests) == 1


async def test_an_error_event_ends_the_connection_and_not_the_reading() -> None:
    error = b'event: error\nid: x\ndata: {"message":"consumer failed"}\n\n'
    async with scripted(hangs(frame(1), error), hangs(frame(2))) as server:
        client = Client(server)
        assert await client.read(1, 2) == ["1", "2"]
    assert client.reconnects() == {"server_error": 1}


async def test_lines_that_are_no_events_are_passed_over() -> None:
    """D6: a huge `retry:` makes the library fail."""
    noise = b": ping\n\nretry: 99999999999999999999\n\nunknown: x\n\nnonsense\n\nid: 5\n\n"
    async with scripted(hangs(noise, frame(1), noise, frame(2))) as server:
        client = Client(server)
        assert await client.read(1, 2) == ["1", "2"]
    assert client.reconnects() == {}


@pytest.mark.parametrize("size", [200_000, 1_000_000, 4_000_000])
async def test_long_events_are_read(size: int) -> None:
    """D8: by default a line has to fit into a buffer, and a longer one comes again for ever."""
    async with scripted(hangs(frame(1, size), frame(2))) as server:
        client = Client(server)
        assert await client.read(1, 2) == ["1", "2"]
    assert client.reconnects() == {}


async def test_an_event_that_is_too_long_to_be_read_is_told_and_does_not_end_the_reading() -> None:
    """D8."""
    async with scripted(hangs(frame(1), frame(2, MOST_EVENT_BYTES + 1)), hangs(frame(3))) as server:
        client = Client(server)
        assert set(await client.read(3)) >= {"3"}
    assert client.reconnects() == {"too_long": 1}


async def test_a_server_that_is_not_there_is_waited_for() -> None:
    """D11."""
    async with scripted(hangs(frame(1))) as server:
        pass
    client = Client(server)
    reading = asyncio.create_task(client.read(1))
    while len(client.waits) < 3:
        await asyncio.sleep(0.01)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert set(client.reconnects()) == {"unreachable"}
    assert len(client.logs) == 1


async def test_a_reader_that_is_busy_stops_the_server() -> None:
    """Back-pressure: at most two batches and what the sockets hold are read ahead."""
    written = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(CHUNKED)
        while True:
            writer.write(chunk(frame(written, 100_000)))
            await writer.drain()
            written += 1

    async with scripted(endless) as server:
        client = Client(server, batch_events=10)
        async with aclosing(client.source.events(None)) as stream:  # type: ignore[type-var]
            async for batch in stream:
                assert len(batch) <= 10
                before = -1
                while before != written:
                    before = written
                    await asyncio.sleep(0.3)
                break
        assert written < 600, "it went on reading"


async def test_a_reader_that_is_busy_for_longer_than_a_stall_loses_no_connection() -> None:
    """Silence is the server's; while nobody reads there is none."""

    async def plenty(writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED)
        for number in range(400):
            writer.write(chunk(frame(number, 100_000)))
            await writer.drain()
        await asyncio.sleep(3600)

    async with scripted(plenty) as server:
        client = Client(server, batch_events=10, stall_seconds=0.2)
        read = 0
        async with asyncio.timeout(20), aclosing(client.source.events(None)) as stream:  # type: ignore[type-var]
            async for batch in stream:
                if read in (0, 100):
                    await asyncio.sleep(0.9)
                read += len(batch)
                if read == 400:
                    break
    assert client.reconnects() == {}


async def test_the_gauge_says_whether_the_stream_is_open() -> None:
    async with scripted(hangs(frame(1))) as server:
        client = Client(server)
        async with aclosing(client.source.events(None)) as stream:  # type: ignore[type-var]
            async for _ in stream:
                assert client.metrics.gauges[CONNECTED.name,] == 1
                break
    assert client.metrics.gauges[CONNECTED.name,] == 0


async def test_we_say_who_we_are() -> None:
    async with scripted(hangs(frame(1))) as server:
        await Client(server).read(1)
    assert server.requests[0]["user-agent"] == "wikitally tests"
    assert server.requests[0]["accept"] == "text/event-stream"


@pytest.mark.parametrize("contact", ["ada@example.org", "https://example.org/about", "mailto:a@b.org", "User:Ada B."])
def test_the_user_agent_names_tool_version_contact_and_library(contact: str) -> None:
    agent = build_user_agent(f" {contact} ")
    assert agent.startswith("wikitally/")
    assert f"({contact})" in agent
    assert " aiohttp/" in agent


@pytest.mark.parametrize("contact", ["", "  ", "nobody", "a@b.org)\r\nX: y", "https://", "(x@y.org)"])
def test_a_contact_that_reaches_nobody_is_refused(contact: str) -> None:
    with pytest.raises(InvalidInput, match="WIKITALLY_CONTACT"):
        build_user_agent(contact)
