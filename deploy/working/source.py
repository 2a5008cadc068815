"""The partitions of the log that a worker has, as a source of events: for one assignment, over whoever reads Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import structlog

from ingest.kafka_reading import KeyedRecord, LogTracker, Mark, Reading
from processors import metrics as m
from processors.metrics import Metrics
from processors.ports.store import Checkpoint, DeadLetter, RawEvent

_log = structlog.get_logger()

TICK = 1.0
"""Seconds between two looks at the watermark; after as many without a batch it is stored by itself."""
STUCK_SECONDS = 5.0
"""After so long without a record where there are some, they are asked for anew."""


class LogClient(Protocol):
    """What has to be done at Kafka beside reading. All of it waits for as long as Kafka is away."""

    async def seek(self, offsets: Mapping[int, int]) -> None:
        """Have these partitions of the facts read from there on."""
        ...

    async def send_on(self, records: Sequence[KeyedRecord], of: int) -> None:
        """Put records of facts where their keys belong; returns when Kafka has them."""
        ...

    async def send_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Put dead letters into their topic; returns when Kafka has them."""
        ...


@dataclass(slots=True)
class _Offer:
    records: Sequence[KeyedRecord]
    done: asyncio.Event = field(default_factory=asyncio.Event)


class LogSource:
    """An `EventSource`: what is offered to it, each record once and in order. Batches may be empty: a position moved.

    Args:
        look: asks Kafka where the partitions are now.
        started: called when reading begins.
    """

    def __init__(
        self,
        reading: Reading,
        tracker: LogTracker,
        client: LogClient,
        *,
        look: Callable[[], Awaitable[Mark]],
        started: Callable[[], None],
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._reading = reading
        self._tracker = tracker
        self._client = client
        self._look = look
        self._started = started
        self._metrics = metrics
        self._clock = clock
        self._offers: asyncio.Queue[_Offer] = asyncio.Queue(1)
        self._coming: asyncio.Task[_Offer] | None = None
        self._closed = asyncio.Event()
        self._storing = False
        """Whether something is under way that has come: what comes next may have to wait for long."""
        self.lag = 0
        """Records that are still to be read, as last seen."""
        self.taken = 0
        """Records that were read."""

    async def offer(self, records: Sequence[KeyedRecord]) -> bool:
        """Hand records over; returns whether they are stored: not if this source ended before."""
        offer = _Offer(records)
        closed = asyncio.create_task(self._closed.wait())
        work = asyncio.create_task(self._hand_over(offer))
        try:
            await asyncio.wait([closed, work], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (closed, work):
                task.cancel()
            await asyncio.gather(closed, work, return_exceptions=True)
        return offer.done.is_set()

    async def _hand_over(self, offer: _Offer) -> None:
        await self._offers.put(offer)
        await offer.done.wait()

    async def events(self, resume: Checkpoint | None) -> AsyncIterator[Sequence[RawEvent]]:
        """Yield batches until cancelled; the batch before is stored when the next one is asked for."""
        watching = asyncio.create_task(self._watch(), name="marks")
        stored = self._tracker.watermark
        try:
            await self._client.seek(self._reading.expected)
            self._started()
            while True:
                offer = await self._next()
                self._storing = True
                if watching.done():
                    watching.result()
                events = await self._sorted(offer.records) if offer else None
                if events is not None or self._tracker.watermark != stored:
                    stored = self._tracker.watermark
                    yield events or []
                self._storing = False
                if offer:
                    offer.done.set()
        finally:
            self._closed.set()
            tasks = [watching, *([self._coming] if self._coming else [])]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _next(self) -> _Offer | None:
        """What is offered within a tick."""
        if self._coming is None:
            self._coming = asyncio.create_task(self._offers.get())
        await asyncio.wait([self._coming], timeout=TICK)
        if not self._coming.done():
            return None
        offer, self._coming = self._coming.result(), None
        return offer

    async def _sorted(self, records: Sequence[KeyedRecord]) -> list[RawEvent] | None:
        """The events that are to be counted; None where nothing was new."""
        found = self._reading.sort(records, self._clock())
        if found.again:
            await self._client.seek(found.again)
        if found.strays:
            _log.info("events sent on to the partitions of their wikis", events=len(found.strays))
            await self._client.send_on(found.strays, self._reading.of)
            self._metrics.count(m.SENT_ON, len(found.strays))
        for letter in found.letters:
            self._metrics.count(m.DEAD_LETTERS, reason=letter.reason)
            _log.warning("message kept as a dead letter", reason=letter.reason, detail=letter.detail)
        await self._client.send_letters(found.letters)
        if not found.last:
            return None
        self._tracker.read(found.last)
        self.taken += len(found.events) + len(found.strays) + len(found.letters)
        return found.events

    async def _watch(self) -> None:
        """See how far Kafka is, for ever; and ask anew for records that do not come."""
        taken, still = 0, 0.0
        while True:
            mark = await self._look()
            self._tracker.mark(mark)
            behind = {
                partition: end - self._reading.expected.get(partition, end) for partition, end in mark.ends.items()
            }
            for partition, lag in behind.items():
                self._metrics.set(m.LOG_LAG, lag, partition=str(partition))
            self.lag = sum(behind.values())
            waits = self.lag and self.taken == taken and not self._storing and not self._offers.full()
            still = still + TICK if waits else 0.0
            taken = self.taken
            if still >= STUCK_SECONDS:
                still = 0.0
                await self._ask_again(mark, behind)
            await asyncio.sleep(TICK)

    async def _ask_again(self, mark: Mark, behind: Mapping[int, int]) -> None:
        wanted = {partition: self._reading.expected[partition] for partition, lag in behind.items() if lag > 0}
        gone = {one: offset for one, offset in wanted.items() if mark.begins.get(one, 0) > offset}
        if gone:
            # The assignment is begun anew, which writes down what is missing.
            raise LogCutOff(f"Kafka has deleted records that were not read: {gone}")
        _log.info("records that do not come are asked for anew", offsets=wanted)
        await self._client.seek(wanted)


class LogCutOff(Exception):
    """Kafka has deleted what comes next."""
