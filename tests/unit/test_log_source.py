"""The source of a worker, over a scripted Kafka: offers are answered when they are stored, and not before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from deploy.working.source import STUCK_SECONDS, LogCutOff, LogSource
from ingest.kafka_reading import KeyedRecord, LogTracker, Mark, Reading
from processors.metrics import DEAD_LETTERS, LOG_LAG, SENT_ON
from processors.ports.store import DeadLetter, RawEvent
from tests.log_records import START, TOPIC, LogRecord, record, wiki_in
from tests.recorders import RecordedMetrics
from tests.skipping_time import run_skipping

OF = 3
EMPTY = Mark(None, {0: 0, 1: 0}, {0: 0, 1: 0})


@dataclass
class Client:
    """A `LogClient` that writes down what it is asked to do."""

    sought: list[Mapping[int, int]] = field(default_factory=list)
    sent_on: list[KeyedRecord] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)

    async def seek(self, offsets: Mapping[int, int]) -> None:
        self.sought.append(dict(offsets))

    async def send_on(self, records: Sequence[KeyedRecord], of: int) -> None:
        assert of == OF
        self.sent_on += records

    async def send_letters(self, letters: Sequence[DeadLetter]) -> None:
        self.letters += letters


class Scene:
    """A source whose partitions 0 and 1 begin at 0, and whoever stores what it gives."""

    def __init__(self) -> None:
        self.client, self.metrics = Client(), RecordedMetrics()
        self.mark = EMPTY
        self.reading = Reading({0: 0, 1: 0}, OF)
        self.started: list[int] = []
        self.stored: list[Sequence[RawEvent]] = []
        self.store = asyncio.Event()
        """Cleared: whoever stores takes its time."""
        self.store.set()
        self.source = LogSource(
            self.reading,
            LogTracker("kafka:facts", TOPIC, self.reading, {}),
            self.client,
            look=self._look,
            started=lambda: self.started.append(len(self.client.sought)),
            metrics=self.metrics,
            clock=lambda: START,
        )

    async def _look(self) -> Mark:
        return self.mark

    async def consume(self) -> None:
        async for batch in self.source.events(None):
            await self.store.wait()
            self.stored.append(batch)


@asynccontextmanager
async def scene() -> AsyncIterator[tuple[Scene, asyncio.Task[None]]]:
    """A scene that is being played."""
    one = Scene()
    playing = asyncio.create_task(one.consume())
    await asyncio.sleep(0)
    try:
        yield one, playing
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)


def at_zero(*offsets: int) -> list[LogRecord]:
    return [record(0, one, of=OF) for one in offsets]


async def pause(seconds: float = 0.5) -> None:
    await asyncio.sleep(seconds)


def test_it_goes_to_the_stored_positions_before_it_says_that_it_reads() -> None:
    async def run() -> None:
        async with scene() as (one, _):
            await pause()
            assert one.client.sought == [{0: 0, 1: 0}]
            assert one.started == [1]

    run_skipping(run())


def test_an_offer_is_answered_when_it_is_stored_and_not_before() -> None:
    async def run() -> None:
        async with scene() as (one, _):
            one.store.clear()
            offered = asyncio.create_task(one.source.offer(at_zero(0, 1)))
            second = asyncio.create_task(one.source.offer(at_zero(2)))
            await pause(60)
            assert not offered.done()
            assert one.stored == []
            one.store.set()
            assert await offered
            assert await second
            assert [len(batch) for batch in one.stored] == [2, 1]
            assert one.source.taken == 3

    run_skipping(run())


def test_what_is_not_stored_when_the_source_ends_is_given_back() -> None:
    async def run() -> None:
        async with scene() as (one, playing):
            one.store.clear()
            offers = [asyncio.create_task(one.source.offer(at_zero(number))) for number in range(3)]
            await pause()
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            assert [await offer for offer in offers] == [False, False, False]
            assert await one.source.offer(at_zero(4)) is False

    run_skipping(run())


def test_an_offer_without_anything_new_is_answered_and_makes_no_batch() -> None:
    async def run() -> None:
        async with scene() as (one, _):
            assert await one.source.offer(at_zero(0))
            await pause()
            batches = len(one.stored)
            assert await one.source.offer(at_zero(0))
            assert len(one.stored) == batches

    run_skipping(run())


def test_records_that_do_not_come_are_asked_for_anew_and_only_those() -> None:
    async def run() -> None:
        async with scene() as (one, _):
            assert await one.source.offer(at_zero(0))
            one.mark = replace(EMPTY, ends={0: 3, 1: 0})
            await pause(STUCK_SECONDS + 3)
            assert one.client.sought[1:] == [{0: 1}]
            assert one.source.lag == 2
            assert one.metrics.gauges[LOG_LAG.name, "0"] == 2
            await pause(STUCK_SECONDS)
            assert one.client.sought[1:] == [{0: 1}, {0: 1}]
            assert await one.source.offer(at_zero(1, 2))
            await pause(STUCK_SECONDS * 4)
            assert len(one.client.sought) == 3
            assert one.source.lag == 0

    run_skipping(run())


@pytest.mark.parametrize("waiting", [1, 2, 3])
def test_nothing_is_asked_for_anew_while_what_has_come_waits_to_be_stored(waiting: int) -> None:
    async def run() -> None:
        async with scene() as (one, _):
            one.mark = replace(EMPTY, ends={0: 30, 1: 0})
            one.store.clear()
            offers = [asyncio.create_task(one.source.offer(at_zero(number))) for number in range(waiting)]
            await pause(STUCK_SECONDS * 10)
            assert one.client.sought == [{0: 0, 1: 0}]
            one.store.set()
            assert all([await offer for offer in offers])

    run_skipping(run())


def test_what_comes_too_early_is_asked_for_at_once() -> None:
    async def run() -> None:
        async with scene() as (one, _):
            assert await one.source.offer(at_zero(4, 5))
            assert one.client.sought[1:] == [{0: 0}]
            assert one.stored == []

    run_skipping(run())


def test_records_that_kafka_has_deleted_end_the_source_so_that_it_begins_behind_them() -> None:
    async def run() -> None:
        async with scene() as (one, playing):
            one.mark = replace(EMPTY, begins={0: 7, 1: 0}, ends={0: 9, 1: 0})
            await pause(STUCK_SECONDS * 3)
            with pytest.raises(LogCutOff):
                await playing
            assert await one.source.offer(at_zero(7)) is False

    run_skipping(run())


def test_strays_and_what_cannot_be_read_are_in_kafka_before_their_offer_is_answered() -> None:
    async def run() -> None:
        async with scene() as (one, _):
            stray = record(0, 0, of=OF, wiki=wiki_in(2, OF))
            broken = LogRecord(0, 1, b"{}", wiki_in(0, OF).encode())
            one.store.clear()
            offered = asyncio.create_task(one.source.offer([stray, broken, *at_zero(2)]))
            await pause()
            assert one.client.sent_on == [stray]
            assert [letter.reason for letter in one.client.letters] == ["version"]
            assert not offered.done()
            one.store.set()
            assert await offered
            assert [len(batch) for batch in one.stored] == [1]
            assert one.metrics.total(SENT_ON) == 1
            assert one.metrics.total(DEAD_LETTERS) == 1

    run_skipping(run())


def test_a_watermark_that_moved_is_stored_although_nothing_is_read() -> None:
    async def run() -> None:
        async with scene() as (one, _):
            one.mark = Mark(START, {0: 0, 1: 0}, {0: 0, 1: 0})
            await pause(5)
            assert one.stored == [[]]
            one.mark = replace(one.mark, watermark=START + timedelta(minutes=1))
            await pause(5)
            assert one.stored == [[], []]

    run_skipping(run())
