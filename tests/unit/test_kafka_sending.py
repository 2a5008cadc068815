"""What a real Kafka does not do on demand, refusing a message or taking its time, from a scripted producer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.errors import OutOfOrderSequenceNumberError
from kafka.future import Future

from ingest import kafka_ingest
from ingest.kafka_ingest import KafkaIngest
from ingest.kafka_log import KafkaLog, Kept
from ingest.kafka_outstanding import Limits, Outstanding
from ingest.kafka_sending import Parcel, Sender
from ingest.topics import Topic, TopicPlan
from processors.errors import LogUnavailable
from processors.facts.messages import Message, decode_checkpoint
from processors.metrics import KAFKA_RESTARTS
from processors.ports.store import Checkpoint, RawEvent
from tests.recorders import RecordedMetrics

PLAN = TopicPlan(prefix="")
AT = datetime(2026, 11, 25, tzinfo=UTC)
TOPIC = "eqiad.mediawiki.recentchange"


class Producer:
    """Acknowledges on threads of its own; refuses the messages of the numbers given, and all that come behind."""

    def __init__(self, refuse: Sequence[int] = (), *, holding: bool = False) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.waiting: list[Any] = []
        self.topics: list[str] = []
        """Of those that wait."""
        self.ended = False
        self.holding = holding
        self._refuse = set(refuse)
        self._sender = self
        self._refusing = False

    def send(self, topic: str, value: bytes, key: bytes, headers: list[tuple[str, bytes]]) -> Any:
        assert not self.ended
        future = Future()
        self._refusing = self._refusing or len(self.sent) in self._refuse
        if not self._refusing:
            self.sent.append((topic, value))
        self.topics.append(topic)
        self.waiting.append((future, OutOfOrderSequenceNumberError() if self._refusing else None))
        if not self.holding:
            threading.Thread(target=self.answer).start()
        return future

    def answer(self, number: int = 1) -> None:
        for _ in range(number):
            self.topics.pop(0)
            future, error = self.waiting.pop(0)
            future.success(None) if error is None else future.failure(error)

    def close(self, timeout: float) -> None:
        self.ended = True

    def force_close(self) -> None: ...
    def join(self, timeout: float) -> None: ...
    def is_alive(self) -> bool:
        return False


class Log:
    """What the producers have written."""

    plan = PLAN

    def __init__(self, *producers: Producer) -> None:
        self.producers = list(producers)
        self.opened: list[Producer] = []

    def largest_fact(self) -> int:
        return 1_000_000

    def kept(self, streams: str) -> Kept:
        saved = [value for producer in self.opened for topic, value in producer.sent if topic == Topic.CHECKPOINTS]
        return Kept(decode_checkpoint(saved[-1], [("schema", b"1")]) if saved else None, ())

    def open_producer(self) -> Producer:
        self.opened.append(self.producers.pop(0))
        return self.opened[-1]

    def facts(self) -> list[int]:
        return [
            orjson.loads(value)["meta"]["offset"]
            for producer in self.opened
            for topic, value in producer.sent
            if topic == Topic.FACTS
        ]


class Source:
    """Offsets from 0 on, behind the checkpoint."""

    def __init__(self, count: int, *, stays: bool = False) -> None:
        self._count = count
        self._stays = stays

    async def events(self, resume: Checkpoint | None) -> AsyncIterator[Sequence[RawEvent]]:
        start = resume.reached[TOPIC, 0].offset + 1 if resume else 0
        for offset in range(start, self._count, 10):
            yield [event(number) for number in range(offset, min(offset + 10, self._count))]
        if self._stays:
            await asyncio.Event().wait()


def event(offset: int) -> RawEvent:
    meta = {"id": str(offset), "domain": "en.wikipedia.org", "topic": TOPIC, "partition": 0, "offset": offset}
    return RawEvent(orjson.dumps({"meta": meta}))


async def no_wait(seconds: float) -> None:
    await asyncio.sleep(0)


def ingest(source: Source, log: Log) -> tuple[KafkaIngest, RecordedMetrics]:
    metrics = RecordedMetrics()
    made = KafkaIngest(source, cast(KafkaLog, log), "s", metrics=metrics, clock=lambda: AT, sleep=no_wait)
    return made, metrics


@pytest.mark.parametrize("refused", [0, 7, 25, 99])
async def test_a_refused_message_has_all_behind_it_sent_again_in_order(refused: int) -> None:
    """Over another producer: what the first one still holds must not come between."""
    log = Log(Producer([refused]), Producer())
    work, metrics = ingest(Source(100), log)
    async with asyncio.timeout(20):
        await work.run(asyncio.Event())
    facts = log.facts()
    assert list(dict.fromkeys(facts)) == list(range(100))
    assert metrics.total(KAFKA_RESTARTS) == 1
    assert all(producer.ended for producer in log.opened)


async def test_a_refusal_is_noticed_while_the_stream_is_quiet() -> None:
    log = Log(Producer([15]), Producer())
    work, metrics = ingest(Source(20, stays=True), log)
    stop = asyncio.Event()
    task = asyncio.create_task(work.run(stop))
    async with asyncio.timeout(20):
        while set(log.facts()) != set(range(20)):
            await asyncio.sleep(0.01)
        stop.set()
        await task
    assert metrics.total(KAFKA_RESTARTS) == 1


async def test_the_checkpoint_moves_only_behind_what_is_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_ingest, "SAVE_EVERY", 0.001)
    producer = Producer(holding=True)
    log = Log(producer)
    work, _ = ingest(Source(30, stays=True), log)
    task = asyncio.create_task(work.run(asyncio.Event()))
    async with asyncio.timeout(20):
        while len(log.facts()) < 30:
            await asyncio.sleep(0.001)
        for answered, reached in ((9, None), (1, 9), (15, 19)):
            # Checkpoints that are sent meanwhile stand behind the thirty and are not answered.
            producer.answer(answered)
            await asyncio.sleep(0.1)
            checkpoint = log.kept("s").checkpoint
            assert (checkpoint and checkpoint.reached[TOPIC, 0].offset) == reached
            await asyncio.to_thread(answer_checkpoints, producer)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def answer_checkpoints(producer: Producer) -> None:
    """Those that have been sent, and only those."""
    waiting = [number for number, topic in enumerate(producer.topics) if topic == Topic.CHECKPOINTS]
    for number in reversed(waiting):
        producer.topics.pop(number)
        future, _ = producer.waiting.pop(number)
        future.success(None)


async def test_the_last_checkpoint_is_written_though_the_end_came_while_it_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kafka_ingest, "SAVE_EVERY", 0.001)
    producer = Producer(holding=True)
    log = Log(producer)
    work, _ = ingest(Source(20, stays=True), log)
    stop = asyncio.Event()
    task = asyncio.create_task(work.run(stop))
    async with asyncio.timeout(20):
        while len(log.facts()) < 20:
            await asyncio.sleep(0.001)
        producer.answer(20)
        while Topic.CHECKPOINTS not in producer.topics:
            await asyncio.sleep(0.001)
        stop.set()
        while producer.topics.count(Topic.CHECKPOINTS) < 2:
            await asyncio.sleep(0.001)
        await asyncio.to_thread(answer_checkpoints, producer)
        await task
    assert log.kept("s").checkpoint is not None


async def test_told_to_stop_while_nothing_is_acknowledged_it_can_be_cancelled() -> None:
    log = Log(Producer(holding=True))
    work, _ = ingest(Source(20, stays=True), log)
    stop = asyncio.Event()
    task = asyncio.create_task(work.run(stop))
    async with asyncio.timeout(20):
        while len(log.facts()) < 20:
            await asyncio.sleep(0.01)
        stop.set()
        await asyncio.sleep(0.05)
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert log.opened[0].ended
    log.opened[0].answer(20)
    await asyncio.sleep(0.05)


def parcels(sizes: Sequence[int]) -> list[Parcel]:
    return [Parcel(Topic.GAPS, Message(b"", bytes(size), ())) for size in sizes]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(1, 60), max_size=8), max_size=8), st.integers(1, 6), st.integers(1, 120))
async def test_no_more_is_outstanding_than_may_be(batches: list[list[int]], messages: int, size: int) -> None:
    producer = Producer(holding=True)
    out = Outstanding(Limits(messages, size))
    most = most_bytes = 0

    async def acknowledge() -> None:
        nonlocal most, most_bytes
        while True:
            await asyncio.sleep(0)
            most, most_bytes = max(most, out.messages), max(most_bytes, out.size)
            if producer.waiting:
                producer.answer()

    async with (
        asyncio.timeout(20),
        Sender(producer, PLAN, out, largest=1_000_000, metrics=RecordedMetrics(), clock=lambda: AT) as sender,
    ):
        answering = asyncio.create_task(acknowledge())
        for sizes in batches:
            await sender.send(out.begin(), parcels(sizes))
        await sender.drain()
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
    assert [len(value) for _, value in producer.sent] == [size for sizes in batches for size in sizes]
    assert (out.messages, out.size) == (0, 0)
    assert most <= messages
    assert most_bytes <= max([size, *(one for sizes in batches for one in sizes)])


async def test_delivering_fails_where_kafka_refuses() -> None:
    out = Outstanding(Limits())
    async with Sender(
        Producer([0]), PLAN, out, largest=1_000_000, metrics=RecordedMetrics(), clock=lambda: AT
    ) as sender:
        with pytest.raises(LogUnavailable, match="checkpoints"):
            await sender.deliver(Topic.CHECKPOINTS, Message(b"", b"", ()))
