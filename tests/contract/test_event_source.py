"""What every `EventSource` holds, over recordings, over our own EventStreams and over Wikimedia's server code."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from ingest.eventstreams import EventStreams
from ingest.recorded import Recorded, event_time
from ingest.rehearsal import Rehearsal
from ingest.tracking import PositionTracker
from processors.facts.decode import Skipped, decode, read_position
from processors.metrics import NoMetrics
from processors.ports.store import Checkpoint, EventSource, RawEvent
from tests.kafka_sse import KafkaSse, running_kafka_sse
from tests.recorders import EVENTSTREAMS

STREAM = "mediawiki.recentchange"
TOPIC = f"eqiad.{STREAM}"
PATIENCE = 30


@dataclass
class Backend:
    """A way to make sources over the same events."""

    make: Callable[[], EventSource]
    resumes: bool


def recorded_lines() -> list[bytes]:
    """A real MediaWiki's events in the order in which they were produced."""
    lines = (EVENTSTREAMS / "mediawiki_1_39" / "recentchange.ndjson").read_bytes().splitlines()
    return sorted(lines, key=lambda line: event_time(line) or 0.0)


def ids(events: Sequence[RawEvent]) -> list[str]:
    """Their ids, without canaries."""
    return [meta["id"] for event in events if (meta := orjson.loads(event.data)["meta"])["domain"] != "canary"]


EXPECTED = [orjson.loads(line)["meta"]["id"] for line in recorded_lines()]


def over(url: str, **more: Any) -> EventStreams:
    first = event_time(recorded_lines()[0])
    assert first is not None
    return EventStreams(
        url,
        [STREAM],
        user_agent="wikitally tests",
        metrics=NoMetrics(),
        since=datetime.fromtimestamp(first, UTC),
        batch_events=100,
        linger_seconds=0.01,
        overlap_seconds=1,
        **more,
    )


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "recentchange.ndjson"
    path.write_bytes(b"\n".join(recorded_lines()) + b"\n")
    return path


@pytest.fixture(scope="module")
def kafka_sse() -> Iterator[KafkaSse]:
    with running_kafka_sse() as server:
        server.append(TOPIC, [(round((event_time(line) or 0) * 1000), line) for line in recorded_lines()])
        yield server


@asynccontextmanager
async def _recorded(recording: Path) -> AsyncIterator[Backend]:
    yield Backend(lambda: Recorded([recording], batch_events=100), resumes=False)


@asynccontextmanager
async def _rehearsed(recording: Path) -> AsyncIterator[Backend]:
    async with Rehearsal([recording], speed=float("inf"), rebase=False) as rehearsal:
        yield Backend(lambda: over(rehearsal.url), resumes=True)


@pytest.fixture(params=["recorded", "rehearsal", "kafka-sse"])
async def backend(request: pytest.FixtureRequest, recording: Path) -> AsyncIterator[Backend]:
    if request.param == "kafka-sse":
        server: KafkaSse = request.getfixturevalue("kafka_sse")
        yield Backend(lambda: over(server.url), resumes=True)
        return
    async with (_recorded if request.param == "recorded" else _rehearsed)(recording) as made:
        yield made


async def read(
    source: EventSource, resume: Checkpoint | None, count: int, known: Iterable[str] = ()
) -> list[Sequence[RawEvent]]:
    """Batches until there are `count` different events with those that are known."""
    batches: list[Sequence[RawEvent]] = []
    seen: set[str] = set(known)
    async with asyncio.timeout(PATIENCE), aclosing(source.events(resume)) as stream:  # type: ignore[type-var]
        async for batch in stream:
            batches.append(batch)
            seen.update(ids(batch))
            if len(seen) >= count:
                break
    return batches


async def test_every_event_comes_in_order_and_in_batches_that_are_never_empty(backend: Backend) -> None:
    batches = await read(backend.make(), None, len(EXPECTED))
    assert all(batches)
    events = [event for batch in batches for event in batch]
    assert ids(events) == EXPECTED
    assert all(len(batch) <= 100 for batch in batches)


async def test_reading_goes_on_behind_a_checkpoint_and_loses_nothing(backend: Backend) -> None:
    first = await read(backend.make(), None, 500)
    tracker = PositionTracker(STREAM)
    known: list[str] = []
    for batch in first[:-1]:
        for event in batch:
            fact = decode(event.data)
            if isinstance(fact, Skipped):
                tracker.observe(read_position(event.data), canary=True)
            else:
                tracker.observe(fact.position, fact.emitted_at)
        known += ids(batch)
    rest = await read(backend.make(), tracker.checkpoint(), len(EXPECTED), known if backend.resumes else ())
    again = [one for batch in rest for one in ids(batch)]
    assert set(known) | set(again) == set(EXPECTED)
    if backend.resumes:
        assert len(again) < len(EXPECTED), "it began at the beginning"


async def test_a_reader_that_stops_leaves_nothing_behind(backend: Backend) -> None:
    async with aclosing(backend.make().events(None)) as stream:  # type: ignore[type-var]
        async for batch in stream:
            assert batch
            break
    others = {
        task
        for task in asyncio.all_tasks()
        if task is not asyncio.current_task() and "stream reader" in task.get_name()
    }
    assert not others
