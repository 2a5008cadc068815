"""The client and our rehearsal server, against Wikimedia's own server code (npm kafka-sse)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import orjson
import pytest

from ingest.eventstreams import EventStreams
from ingest.rehearsal import Rehearsal
from processors.errors import SourceUnavailable
from processors.metrics import RECONNECTS
from processors.ports.store import Checkpoint, Reached
from tests.kafka_sse import KafkaSse, running_kafka_sse
from tests.recorders import EVENTSTREAMS, RecordedMetrics

EQIAD, CODFW = "eqiad.mediawiki.recentchange", "codfw.mediawiki.recentchange"
START_MS = 1_795_000_000_000


@pytest.fixture
def server() -> Iterator[KafkaSse]:
    with running_kafka_sse() as running:
        yield running


def made(name: str) -> bytes:
    return orjson.dumps({"meta": {"id": name, "stream": "mediawiki.recentchange", "domain": "en.wikipedia.org"}})


def client(server: KafkaSse, metrics: RecordedMetrics | None = None, **more: Any) -> EventStreams:
    async def at_once(seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.02))

    options: dict[str, Any] = {
        "user_agent": "wikitally tests",
        "metrics": metrics or RecordedMetrics(),
        "since": datetime.fromtimestamp(START_MS / 1000, UTC),
        "overlap_seconds": 2,
        "batch_events": 10,
        "linger_seconds": 0.005,
        "sleep": at_once,
    }
    return EventStreams(server.url, ["recentchange"], **(options | more))


async def read_until(
    source: EventStreams, wanted: set[str], on_batch: Any = None, resume: Checkpoint | None = None
) -> set[str]:
    seen: set[str] = set()
    async with asyncio.timeout(30), aclosing(source.events(resume)) as stream:  # type: ignore[type-var]
        async for batch in stream:
            seen.update(orjson.loads(event.data)["meta"]["id"] for event in batch)
            if on_batch is not None:
                await on_batch(len(seen))
            if seen >= wanted:
                return seen
    return seen


async def test_nothing_is_lost_when_connections_break_anywhere(server: KafkaSse) -> None:
    names = [f"event-{number}" for number in range(600)]
    server.append(EQIAD, [(START_MS + 7 * number, made(name)) for number, name in enumerate(names)])
    metrics = RecordedMetrics()
    cuts = 0

    async def cut(seen: int) -> None:
        nonlocal cuts
        if cuts < 12 and seen > 40 * cuts:
            cuts += 1
            await asyncio.to_thread(server.cut)

    assert await read_until(client(server, metrics), set(names), cut) == set(names)
    assert cuts == 12
    assert metrics.total(RECONNECTS) > 0


async def test_events_of_one_millisecond_are_not_lost_at_a_reconnect(server: KafkaSse) -> None:
    """EVENTSTREAMS loss trap: the server's id says "from the next millisecond on"."""
    names = [f"event-{number}" for number in range(40)]
    server.append(EQIAD, [(START_MS + 5, made(name)) for name in names[:15]])
    added = False

    async def cut_and_add(seen: int) -> None:
        nonlocal added
        if not added and seen >= 10:
            added = True
            await asyncio.to_thread(server.cut)
            await asyncio.to_thread(server.append, EQIAD, [(START_MS + 5, made(name)) for name in names[15:]])

    assert await read_until(client(server), set(names), cut_and_add) == set(names)


async def test_a_switch_of_data_centres_during_a_gap_is_not_missed(server: KafkaSse) -> None:
    """EVENTSTREAMS loss trap: the silent topic's place in the server's id is "the end, wherever that will be"."""
    before = [f"eqiad-{number}" for number in range(20)]
    after = [f"codfw-{number}" for number in range(20)]
    server.append(EQIAD, [(START_MS + number, made(name)) for number, name in enumerate(before)])
    switched = False

    async def switch(seen: int) -> None:
        nonlocal switched
        if not switched and seen >= len(before):
            switched = True
            # Between the two, nobody is connected.
            await asyncio.to_thread(server.cut)
            await asyncio.to_thread(
                server.append, CODFW, [(START_MS + 1000 + number, made(name)) for number, name in enumerate(after)]
            )

    assert await read_until(client(server), {*before, *after}, switch) >= {*before, *after}


async def test_the_silent_twin_is_asked_for_after_a_restart_too(server: KafkaSse) -> None:
    server.append(EQIAD, [(START_MS, made("old"))])
    server.append(CODFW, [(START_MS + 1000, made("switched"))])
    resume = Checkpoint("recentchange", {(EQIAD, 0): Reached(0, START_MS)})
    assert await read_until(client(server), {"switched"}, resume=resume) >= {"switched"}


async def test_an_id_that_the_server_refuses_is_replaced_by_a_time(server: KafkaSse) -> None:
    server.append(EQIAD, [(START_MS + 10, made("one"))])
    resume = Checkpoint("recentchange", {("eqiad.no.such.topic", 0): Reached(5, START_MS)})
    metrics = RecordedMetrics()

    async def cut_and_add(seen: int) -> None:
        if seen == 1:
            await asyncio.to_thread(server.cut)
            await asyncio.to_thread(server.append, EQIAD, [(START_MS + 20, made("two"))])

    assert await read_until(client(server, metrics), {"one", "two"}, cut_and_add, resume) == {"one", "two"}
    reasons = {labels[0]: count for (name, *labels), count in metrics.counts.items() if name == RECONNECTS.name}
    assert reasons["http_404"] == 1, "the topic that is gone was asked for again"


async def test_an_unknown_stream_is_said_at_once(server: KafkaSse) -> None:
    source = EventStreams(server.url, ["no-such-stream"], user_agent="tests", metrics=RecordedMetrics())
    with pytest.raises(SourceUnavailable, match="no-such-stream"):
        await read_until(source, {"never"})


# what a client sees of our rehearsal server, beside the real one


async def look(url: str, path: str, headers: dict[str, str]) -> tuple[int, str, bytes]:
    """Status, content type and what comes within a moment."""
    timeout = aiohttp.ClientTimeout(total=None, sock_read=0.8)
    body = b""
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url + path, headers=headers) as answer:
        try:
            async for chunk in answer.content.iter_any():
                body += chunk
        except TimeoutError:
            pass
        return answer.status, answer.content_type, body


def frames(body: bytes) -> list[list[str]]:
    return [frame.split("\n") for frame in body.decode().split("\n\n") if frame]


def as_seen(body: bytes) -> tuple[str, list[list[str]], dict[str, list[Any]], Any]:
    """First frame; field names of the others; data by topic; the last id by topic."""
    first, *others = frames(body)
    data: dict[str, list[Any]] = {}
    last_id: Any = None
    for event, number, text in others:
        value = orjson.loads(text.removeprefix("data: "))
        data.setdefault(value["meta"]["topic"], []).append(value)
        last_id = orjson.loads(number.removeprefix("id: "))
        assert event == "event: message"
    names = [[field.partition(":")[0] for field in frame] for frame in others]
    return first[0], names, data, sorted(last_id, key=lambda one: one["topic"]) if last_id else None


def at(topic: str, **place: int) -> dict[str, Any]:
    return {"topic": topic, "partition": 0, **place}


MIDDLE_MS = 1_690_617_150_000
REQUESTS: dict[str, tuple[str, list[Any] | str | None]] = {
    "from a time": (f"?since={MIDDLE_MS}", None),
    "from a written time": ("?since=2023-07-29T07:52:30Z", None),
    "from the beginning": ("?since=1", None),
    "later than everything": ("?since=2100-01-01T00:00:00Z", None),
    "from now": ("", None),
    "by timestamps": ("", [at(EQIAD, timestamp=MIDDLE_MS), at(CODFW, timestamp=0)]),
    "by offsets": ("", [at(EQIAD, offset=90), at(CODFW, offset=0)]),
    "offset wins over timestamp": ("", [at(EQIAD, offset=95, timestamp=0)]),
    "latest": ("", [at(EQIAD, offset=-1), at(CODFW, offset=-1)]),
    "a topic left out gets nothing": ("?since=1", [at(CODFW, offset=0)]),
    "an id that is no JSON": ("", "nonsense"),
    "an id that is no list": ("", '{"topic": "x"}'),
    "an id without a place": ("", [{"topic": EQIAD, "partition": 0}]),
    "a topic of another stream": ("", [at("eqiad.mediawiki.page-undelete", offset=0)]),
    "an id that is an empty list": ("", []),
    "an id that is empty": ("?since=1", ""),
    "an id whose place is no number": ("", [{"topic": EQIAD, "partition": 0, "offset": True}]),
    "an id of names only": ("", [EQIAD]),
    "an id of names only, from a time": (f"?since={MIDDLE_MS}", [EQIAD]),
    "an entry that names a topic only": ("", [{"topic": EQIAD}]),
    "a known topic and another": ("", [at(EQIAD, offset=98), at("eqiad.no.such.topic", offset=0)]),
    "earliest": ("", [at(EQIAD, offset=-2)]),
    "a timestamp that nothing is later than": ("", [at(EQIAD, timestamp=2**42), at(CODFW, timestamp=0)]),
    "no time at all": ("?since=yesterday", None),
    "an empty time": ("?since=", None),
    "the time zero": ("?since=0", None),
    "a time before all": ("?since=-5", None),
    "a fraction of a millisecond": (f"?since={MIDDLE_MS}.5", None),
    "a time as mails have it": ("?since=Sat,%2029%20Jul%202023%2007:52:30%20GMT", None),
    "a time of another zone": ("?since=2023-07-29T09:52:30%2B02:00", None),
}


@asynccontextmanager
async def rehearsed() -> AsyncIterator[Rehearsal]:
    """Our server, with all that it has to say. It is the same each time."""
    recording = EVENTSTREAMS / "recentchange" / "rc_2023-07-29_enwiki_edits_100.ndjson"
    async with Rehearsal([recording], speed=float("inf"), rebase=False) as rehearsal:
        await rehearsal.finished.wait()
        yield rehearsal


@pytest.fixture(scope="module")
def filled_server() -> Iterator[KafkaSse]:
    """Their server, with the same log."""

    async def fill(server: KafkaSse) -> None:
        async with rehearsed() as rehearsal:
            for topic, messages in rehearsal._topics.items():
                await asyncio.to_thread(server.append, topic, [(one.timestamp_ms, one.data) for one in messages])

    with running_kafka_sse() as running:
        asyncio.run(fill(running))
        yield running


@pytest.fixture
async def both(filled_server: KafkaSse) -> AsyncIterator[tuple[str, str]]:
    async with rehearsed() as rehearsal:
        yield rehearsal.url, filled_server.url


@pytest.mark.parametrize("name", REQUESTS)
async def test_the_rehearsal_answers_as_wikimedias_server_does(both: tuple[str, str], name: str) -> None:
    query, last_id = REQUESTS[name]
    headers = {}
    if last_id is not None:
        headers["Last-Event-ID"] = last_id if isinstance(last_id, str) else orjson.dumps(last_id).decode()
    ours, theirs = await asyncio.gather(*(look(url, f"/v2/stream/recentchange{query}", headers) for url in both))
    assert ours[0] == theirs[0], f"{ours[2]!r} {theirs[2]!r}"
    if theirs[0] == 200:
        assert ours[1] == theirs[1]
        assert as_seen(ours[2]) == as_seen(theirs[2])


async def test_both_refuse_an_unknown_stream(both: tuple[str, str]) -> None:
    ours, theirs = [await look(url, "/v2/stream/recentchange,nothing", {}) for url in both]
    assert ours[0] == theirs[0] == 400
