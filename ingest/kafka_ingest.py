"""Carries what a source brings into Kafka: read, send, await acknowledgements, move the checkpoint, in that order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from ingest.kafka_log import KafkaLog
from ingest.kafka_outstanding import Limits, Outstanding
from ingest.kafka_sending import Parcel, Sender
from ingest.refusing import Refusals
from ingest.topics import Topic
from ingest.tracking import PositionTracker
from processors import metrics as m
from processors.errors import InvalidEvent, LogUnavailable
from processors.facts.decode import read_position
from processors.facts.facts import Position
from processors.facts.messages import encode_checkpoint, encode_dead_letter, encode_fact, encode_gap, read_envelope
from processors.metrics import Metrics
from processors.ports.store import Checkpoint, DeadLetter, EventSource, RawEvent

_log = structlog.get_logger()

SAVE_EVERY = 1.0
"""Seconds between two checkpoints."""
LOOK_EVERY = 0.5
FIRST_WAIT, LONGEST_WAIT = 0.5, 10.0
"""Seconds before sending begins anew; doubled each time."""
LATE_SECONDS = 10.0
"""So long without an acknowledgement, and Kafka is said to be away."""


class KafkaIngest:
    """Runs one source into the log. While Kafka is away it waits, and soon reads nothing further.

    Args:
        source: may be asked for its events again, from the checkpoint.
        streams: the list of streams that positions are kept under.
    """

    def __init__(
        self,
        source: EventSource,
        log: KafkaLog,
        streams: str,
        *,
        metrics: Metrics,
        clock: Callable[[], datetime],
        limits: Limits | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._source = source
        self._kafka = log
        self._streams = streams
        self._metrics = metrics
        self._clock = clock
        self._limits = limits or Limits()
        self._sleep = sleep
        self._refusals = Refusals(metrics)
        self._last: Position | None = None
        self._told = False
        self._unsaved: Checkpoint | None = None
        """Holds, and is not known to be in Kafka: whoever was sending it may have been cancelled."""
        self.away = True
        """Kafka does not answer, or nothing has been sent yet."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop, or until the source ends. All that was read is in Kafka then, its checkpoint too.

        Raises:
            InvalidInput: Kafka does not let us in, or a topic is missing.
            SourceUnavailable: the stream refuses us for good.
            TooManyInvalidEvents: the stream is no longer what we can read.
        """
        failures = 0
        while True:
            outstanding = Outstanding(self._limits)
            try:
                await self._session(stop, outstanding)
            except LogUnavailable as error:
                failures = 1 if outstanding.arrived else failures + 1
                self._say_away(str(error))
                self._metrics.count(m.KAFKA_RESTARTS)
                wait = min(FIRST_WAIT * 2.0 ** min(failures - 1, 10), LONGEST_WAIT)
                if await _first(stop, self._sleep(wait)):
                    return
            else:
                return

    async def _session(self, stop: asyncio.Event, outstanding: Outstanding) -> None:
        """From the checkpoint on, over one producer."""
        largest = await asyncio.to_thread(self._kafka.largest_fact)
        kept = await asyncio.to_thread(self._kafka.kept, self._streams)
        producer = await asyncio.to_thread(self._kafka.open_producer)
        self._unsaved = None
        tracker = PositionTracker(self._streams, kept.checkpoint, kept.gaps)
        sender = Sender(
            producer, self._kafka.plan, outstanding, largest=largest, metrics=self._metrics, clock=self._clock
        )
        async with sender:
            self._say_back()
            reading = asyncio.create_task(self._read(stop, kept.checkpoint, tracker, sender, outstanding))
            beside = [
                asyncio.create_task(self._keep_saving(sender, outstanding)),
                asyncio.create_task(self._keep_looking(sender, outstanding)),
            ]
            try:
                done, _ = await asyncio.wait([reading, *beside], return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
                await sender.drain()
            finally:
                for task in (reading, *beside):
                    task.cancel()
                await asyncio.gather(reading, *beside, return_exceptions=True)
            await self._save(sender, outstanding)

    async def _read(
        self,
        stop: asyncio.Event,
        resume: Checkpoint | None,
        tracker: PositionTracker,
        sender: Sender,
        outstanding: Outstanding,
    ) -> None:
        async for events in _until(stop, self._source.events(resume)):
            batch = outstanding.begin()
            await sender.send(batch, self._parcels(events, tracker))
            outstanding.end(batch, tracker.checkpoint())

    def _parcels(self, events: Sequence[RawEvent], tracker: PositionTracker) -> list[Parcel]:
        """What a batch of the source is sent as; gaps go before the checkpoint that hides them."""
        parcels = [self._parcel(event, tracker) for event in events]
        opened, closed = tracker.take_gaps()
        parcels += [Parcel(Topic.GAPS, encode_gap(one, closed=False)) for one in opened]
        parcels += [Parcel(Topic.GAPS, encode_gap(one, closed=True)) for one in closed]
        for gap in opened:
            self._metrics.count(m.GAP_OFFSETS, gap.last - gap.first + 1, topic=gap.topic)
            _log.warning("offsets are missing", topic=gap.topic, first=gap.first, last=gap.last)
        return parcels

    def _parcel(self, event: RawEvent, tracker: PositionTracker) -> Parcel:
        try:
            envelope = read_envelope(event.data)
        except InvalidEvent as error:
            position = event.position or read_position(event.data)
            tracker.observe(position)
            return self._letter(replace(event, position=position), error)
        self._refusals.understood()
        self._last = position = event.position or envelope.position
        tracker.observe(position, envelope.produced_at, canary=envelope.canary)
        self._metrics.count(m.EVENTS, outcome="sent")
        event = replace(event, position=position)
        return Parcel(Topic.FACTS, encode_fact(event, envelope), event)

    def _letter(self, event: RawEvent, error: InvalidEvent) -> Parcel:
        self._refusals.refuse(error)
        letter = DeadLetter(event, error.reason, error.detail, self._clock())
        return Parcel(Topic.DEAD_LETTERS, encode_dead_letter(letter, self._last))

    # checkpoints, and whether Kafka is there

    async def _keep_saving(self, sender: Sender, outstanding: Outstanding) -> None:
        while True:
            await asyncio.sleep(SAVE_EVERY)
            await self._save(sender, outstanding)

    async def _keep_looking(self, sender: Sender, outstanding: Outstanding) -> None:
        """Ends only by a message that was refused: a quiet stream must not hide it."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            sender.check()
            silent = asyncio.get_running_loop().time() - sender.acknowledged_at
            if not outstanding.messages:
                self._say_back()
            elif silent >= LATE_SECONDS:
                self._say_away(f"nothing was acknowledged for {silent:.0f} seconds")
            elif silent < LATE_SECONDS / 2:
                self._say_back()

    async def _save(self, sender: Sender, outstanding: Outstanding) -> None:
        checkpoint = self._unsaved = outstanding.take_checkpoint() or self._unsaved
        if checkpoint is None:
            return
        await sender.deliver(Topic.CHECKPOINTS, encode_checkpoint(checkpoint))
        self._unsaved = None
        if checkpoint.watermark is not None:
            self._metrics.set(m.KAFKA_WATERMARK, checkpoint.watermark.timestamp())

    def _say_away(self, why: str) -> None:
        if not self._told:
            self._told = True
            _log.warning("Kafka does not take what is sent; reading waits until it does", why=why)
        self.away = True

    def _say_back(self) -> None:
        if self._told:
            self._told = False
            _log.info("Kafka is back")
        self.away = False


async def _until(stop: asyncio.Event, batches: AsyncIterator[Sequence[RawEvent]]) -> AsyncIterator[Sequence[RawEvent]]:
    """The batches, as long as `stop` is not set."""
    async with aclosing(batches):  # type: ignore[type-var]
        while not stop.is_set():
            coming = asyncio.ensure_future(anext(batches, None))
            if await _first(stop, coming):
                return
            batch = coming.result()
            if batch is None:
                return
            yield batch


async def _first(stop: asyncio.Event, other: Awaitable[Any]) -> bool:
    """Wait for either; True if told to stop before the other was done, which is cancelled then."""
    waiting, working = asyncio.create_task(stop.wait()), asyncio.ensure_future(other)
    try:
        await asyncio.wait([waiting, working], return_when=asyncio.FIRST_COMPLETED)
        return not working.done()
    finally:
        for task in (waiting, working):
            if not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
