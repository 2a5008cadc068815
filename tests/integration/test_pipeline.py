"""The pipeline over a real store: it ends, waits, revives, takes changes up, and finishes what it began."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from deploy.counting import pipeline as pipeline_module
from deploy.counting.pipeline import Pipeline
from deploy.counting.worker import Worker
from deploy.programs.applying import apply_programs
from ingest.refusing import MOST_INVALID_IN_A_ROW
from ingest.tracking import PositionTracker
from processors.errors import SourceUnavailable, TooManyInvalidEvents
from processors.metrics import STORE_RETRIES
from processors.ports.store import Checkpoint, RawEvent
from storage.clickhouse import ClickHouseStore
from storage.embedded import EmbeddedServer
from storage.target import Target
from tests.integration.test_worker import RECORDED, programs
from tests.recorders import RecordedMetrics
from tests.stores import log_of

STREAMS = "mediawiki.recentchange"


class Listed:
    """A source of given batches; `between` is called before each."""

    def __init__(self, batches: Sequence[Sequence[bytes]], between: object = None, ends: bool = True) -> None:
        self._batches = batches
        self._between = between
        self._ends = ends

    async def events(self, resume: Checkpoint | None) -> AsyncIterator[Sequence[RawEvent]]:
        for number, batch in enumerate(self._batches):
            if callable(self._between):
                await self._between(number)
            yield [RawEvent(data) for data in batch]
        if not self._ends:
            await asyncio.sleep(3600)


BATCHES = [RECORDED[first : first + 100] for first in range(0, len(RECORDED), 100)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(tmp_path) as running:
        running.start()
        yield running


@pytest.fixture
def own_store(server: EmbeddedServer) -> Iterator[ClickHouseStore]:
    store = ClickHouseStore(Target.parse(server.start().url))
    store.migrate()
    apply_programs(log_of(store), programs())
    yield store
    store.close()


def worker_over(store: ClickHouseStore, metrics: RecordedMetrics) -> Worker:
    return Worker(store, log_of(store), PositionTracker(STREAMS), metrics=metrics, clock=lambda: datetime.now(UTC))


def edits(store: ClickHouseStore, slug: str = "everyone") -> int:
    return store.totals(slug).totals.edits


async def test_it_ends_with_its_source_and_tells_what_changed(store: ClickHouseStore) -> None:
    apply_programs(log_of(store), programs())
    metrics, changed = RecordedMetrics(), set[str]()
    source = Listed(BATCHES)
    pipeline = Pipeline(source, worker_over(store, metrics), metrics=metrics, on_change=changed.update)
    await pipeline.run(None)
    assert changed == {program.slug for program in programs()}
    assert edits(store) > 400
    assert store.checkpoint(STREAMS) is not None


async def test_a_store_that_dies_is_revived_and_nothing_is_lost(
    server: EmbeddedServer, own_store: ClickHouseStore
) -> None:
    metrics = RecordedMetrics()

    async def kill(number: int) -> None:
        if number in (2, 5):
            os.kill(server.pid, signal.SIGKILL)

    pipeline = Pipeline(
        Listed(BATCHES, kill), worker_over(own_store, metrics), metrics=metrics, revive=server.ensure_running
    )
    with capture_logs() as logs:
        await pipeline.run(None)
    assert own_store.connections.statement("SELECT count() FROM facts FINAL")[0] == [(len(RECORDED),)]
    assert metrics.total(STORE_RETRIES) >= 2
    said = [log["event"] for log in logs if "store" in log["event"]]
    assert said == ["the store does not answer; reading waits until it does", "the store is back"] * 2
    assert not pipeline.store_away


async def test_reading_waits_while_the_store_is_away(server: EmbeddedServer, own_store: ClickHouseStore) -> None:
    asked: list[int] = []

    async def note(number: int) -> None:
        asked.append(number)
        if number == 2:
            server.stop()

    metrics = RecordedMetrics()
    pipeline = Pipeline(Listed(BATCHES, note), worker_over(own_store, metrics), metrics=metrics)
    task = asyncio.create_task(pipeline.run(None))
    async with asyncio.timeout(30):
        while metrics.total(STORE_RETRIES) < 2:
            await asyncio.sleep(0.05)
    assert pipeline.store_away
    assert asked == [0, 1, 2]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_programs_that_change_meanwhile_are_taken_up(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline_module, "LOOK_FOR_CHANGES_EVERY", 0.05)
    metrics, changed = RecordedMetrics(), set[str]()
    worker = worker_over(store, metrics)
    pipeline = Pipeline(Listed(BATCHES, ends=False), worker, metrics=metrics, on_change=changed.update)
    task = asyncio.create_task(pipeline.run(None))
    async with asyncio.timeout(30):
        while worker.figures.events_read < len(RECORDED):
            await asyncio.sleep(0.05)
        assert changed == set()
        await asyncio.to_thread(apply_programs, log_of(store), programs())
        while changed != {program.slug for program in programs()} or worker.progress.left:
            await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait([task])
    assert edits(store) > 400


async def test_what_has_begun_in_the_store_is_finished_when_it_is_cancelled(store: ClickHouseStore) -> None:
    apply_programs(log_of(store), programs())
    metrics = RecordedMetrics()
    worker = worker_over(store, metrics)
    pipeline = Pipeline(Listed([RECORDED], ends=False), worker, metrics=metrics)
    task = asyncio.create_task(pipeline.run(None))
    async with asyncio.timeout(30):
        while worker.figures.events_read == 0:
            await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # The batch was either not begun, or it is stored whole, checkpoint and all.
    assert (store.checkpoint(STREAMS) is not None) == (worker.figures.edits_judged > 0)
    assert edits(store) in (0, worker.figures.contributions)


async def test_errors_of_the_source_and_of_the_stream_come_through(store: ClickHouseStore) -> None:
    async def refuse(number: int) -> None:
        raise SourceUnavailable("never again", reason="http_400")

    metrics = RecordedMetrics()
    with pytest.raises(SourceUnavailable):
        await Pipeline(Listed(BATCHES, refuse), worker_over(store, metrics), metrics=metrics).run(None)
    nonsense = Listed([[b"nonsense"] * MOST_INVALID_IN_A_ROW])
    with pytest.raises(TooManyInvalidEvents):
        await Pipeline(nonsense, worker_over(store, metrics), metrics=metrics).run(None)
