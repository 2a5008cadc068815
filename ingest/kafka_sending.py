"""Sending to Kafka from an event loop: kafka-python's thread tells what became of each message, in its own time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Self

import structlog
from kafka.errors import KafkaError, MessageSizeTooLargeError

from ingest.kafka_clients import close_producer
from ingest.kafka_outstanding import Limits, Outstanding
from ingest.topics import Topic, TopicPlan
from processors import metrics as m
from processors.errors import LogUnavailable
from processors.facts.messages import Message, encode_dead_letter
from processors.metrics import Metrics
from processors.ports.store import DeadLetter, RawEvent

_log = structlog.get_logger()

_CHUNK_MESSAGES, _CHUNK_BYTES = 500, 4 * 2**20
"""So much is handed to kafka-python between two looks at whether there is room."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message, where it goes, and the event it was made of: what Kafka refuses as too large is a dead letter."""

    topic: Topic
    message: Message
    event: RawEvent | None = None


class TooLarge(Exception):
    """A message is larger than Kafka takes, and was not sent."""


class Sender:
    """Sends over one producer for as long as its block lasts. All methods are for the event loop's thread.

    A message that Kafka refuses ends the sender: what came behind it may be in the log already, and only reading
    again from the last checkpoint brings all in order.

    Args:
        largest: bytes that a message may have. The broker must never find one too large: kafka-python's idempotent
            producer then gives up all that it holds.
    """

    def __init__(
        self,
        producer: Any,
        plan: TopicPlan,
        outstanding: Outstanding,
        *,
        largest: int,
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._producer = producer
        self._plan = plan
        self._outstanding = outstanding
        self._largest = largest
        self._metrics = metrics
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kafka sender")
        self._done: deque[tuple[Callable[[Exception | None], None], Exception | None]] = deque()
        self._called = self._ended = False
        self._changed = asyncio.Event()
        self._failure: Exception | None = None
        self.acknowledged_at = self._loop.time()
        """By the loop's clock: when something was last acknowledged, or when nothing was on its way."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        """What is not acknowledged by now is never sent."""
        self._ended = True
        self._thread.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(close_producer, self._producer)

    def check(self) -> None:
        """Raise if a message was refused.

        Raises:
            LogUnavailable: one was.
        """
        if self._failure is not None:
            raise LogUnavailable(f"Kafka refused a message: {self._failure}") from self._failure

    async def send(self, batch: int, parcels: Sequence[Parcel]) -> None:
        """Put messages of a batch on their way; waits while too much is.

        Raises:
            LogUnavailable: Kafka refuses.
        """
        for chunk in _chunks(parcels, self._outstanding.limits):
            size = sum(one.message.size for one in chunk)
            while not self._outstanding.has_room(len(chunk), size):
                self._metrics.set(m.KAFKA_WAITING, 1)
                await self._until_something_changes()
            self._metrics.set(m.KAFKA_WAITING, 0)
            for one in chunk:
                self._sent(batch, one)
            await self._loop.run_in_executor(self._thread, self._hand_over, batch, chunk)
            self.check()

    async def deliver(self, topic: Topic, message: Message) -> None:
        """Send one message beside the others and wait until it is acknowledged.

        Raises:
            LogUnavailable: Kafka refuses.
        """
        arrived: asyncio.Future[None] = self._loop.create_future()

        def done(error: Exception | None) -> None:
            if not arrived.done():
                arrived.set_result(None) if error is None else arrived.set_exception(error)

        await self._loop.run_in_executor(self._thread, self._hand, Parcel(topic, message), done)
        try:
            await arrived
        except KafkaError as error:
            raise LogUnavailable(f"Kafka does not take what is sent to {topic}: {error}") from error

    async def drain(self) -> None:
        """Until all that was sent is acknowledged.

        Raises:
            LogUnavailable: Kafka refuses.
        """
        while self._outstanding.messages:
            await self._until_something_changes()
        self.check()

    async def _until_something_changes(self) -> None:
        self.check()
        self._changed.clear()
        await self._changed.wait()
        self.check()

    # on the sending thread

    def _hand_over(self, batch: int, chunk: Sequence[Parcel]) -> None:
        for parcel in chunk:
            self._hand(parcel, partial(self._acknowledged, batch, parcel))

    def _hand(self, parcel: Parcel, done: Callable[[Exception | None], None]) -> None:
        message = parcel.message
        if parcel.event is not None and message.size > self._largest:
            self._report(done, TooLarge(f"{message.size} bytes, of at most {self._largest}"))
            return
        try:
            future = self._producer.send(
                self._plan.name(parcel.topic), message.value, key=message.key, headers=list(message.headers)
            )
        except MessageSizeTooLargeError as error:
            self._report(done, TooLarge(str(error)))
            return
        except KafkaError as error:
            self._report(done, error)
            return
        future.add_callback(lambda _: self._report(done, None))
        future.add_errback(lambda error: self._report(done, error))

    # on any thread

    def _report(self, done: Callable[[Exception | None], None], error: Exception | None) -> None:
        """Have `done` called on the event loop; many at a time, or waking it would cost more than sending."""
        self._done.append((done, error))
        if not self._called:
            self._called = True
            # The loop is gone where a process ends without waiting any longer.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._call_done)

    # on the event loop

    def _call_done(self) -> None:
        # Before the first is taken: what is appended from now on is either seen below or calls again.
        self._called = False
        while self._done and not self._ended:
            done, error = self._done.popleft()
            done(error)
        self.acknowledged_at = self._loop.time()
        self._changed.set()

    def _sent(self, batch: int, parcel: Parcel) -> None:
        if not self._outstanding.messages:
            self.acknowledged_at = self._loop.time()
        self._outstanding.sent(batch, parcel.message.size)
        self._measure()

    def _acknowledged(self, batch: int, parcel: Parcel, error: Exception | None) -> None:
        if isinstance(error, TooLarge) and parcel.event is not None:
            # It stays outstanding until the letter in its place has arrived.
            letter = self._letter(parcel, parcel.event, str(error))
            done = partial(self._acknowledged, batch, replace(letter, message=parcel.message))
            self._thread.submit(self._hand, letter, done)
            return
        if error is not None:
            self._failure = self._failure or error
            return
        self._outstanding.acknowledged(batch, parcel.message.size)
        self._metrics.count(m.KAFKA_MESSAGES, topic=parcel.topic)
        self._measure()

    def _letter(self, parcel: Parcel, event: RawEvent, detail: str) -> Parcel:
        self._metrics.count(m.DEAD_LETTERS, reason="too_large")
        _log.warning("event kept as a dead letter", reason="too_large", size=len(event.data), detail=detail)
        letter = DeadLetter(event, "too_large", detail, self._clock())
        return Parcel(Topic.DEAD_LETTERS, encode_dead_letter(letter))

    def _measure(self) -> None:
        self._metrics.set(m.KAFKA_OUTSTANDING, self._outstanding.messages)


def _chunks(parcels: Sequence[Parcel], limits: Limits) -> Iterator[Sequence[Parcel]]:
    """In order; none is beyond a limit, unless a single message is."""
    most, most_bytes = min(_CHUNK_MESSAGES, limits.messages), min(_CHUNK_BYTES, limits.size)
    chunk: list[Parcel] = []
    size = 0
    for parcel in parcels:
        if chunk and (len(chunk) >= most or size + parcel.message.size > most_bytes):
            yield chunk
            chunk, size = [], 0
        chunk.append(parcel)
        size += parcel.message.size
    if chunk:
        yield chunk
