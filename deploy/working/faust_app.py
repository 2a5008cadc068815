"""The Faust app of a worker: a thin shell that carries raw records to the shifts, and nothing else.

No tables, no transactions, no state of its own: what is right comes from keys and stored positions. Nothing may be
raised out of an agent, since Faust counts the records then as done.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import faust
import structlog
from aiokafka.errors import KafkaError
from faust.types import TP

from deploy.looping import at_last
from deploy.working.faust_fetching import hand_over
from ingest.kafka_messages import headers_of
from ingest.kafka_reading import KeyedRecord, partition_of
from ingest.kafka_target import KafkaTarget
from ingest.topics import Topic, TopicPlan
from processors.errors import LogUnavailable
from processors.facts.messages import Message, encode_dead_letter
from processors.ports.store import DeadLetter

_log = structlog.get_logger()

WITHIN = 0.1
"""Seconds that a batch is collected for, at most."""
PATIENCE_SECONDS = 10.0
COMMIT_EVERY = 1.0


class Work(Protocol):
    """What a shell carries records to."""

    async def begin(self, partitions: frozenset[int]) -> None: ...
    async def end(self) -> None: ...
    async def offer(self, records: Sequence[KeyedRecord]) -> None: ...


Told = Callable[[Sequence[KeyedRecord]], Awaitable[None]]
"""Stores what ingest tells beside facts; never raises."""


def make_app(target: KafkaTarget, plan: TopicPlan, directory: Path, *, session_seconds: float) -> faust.App:
    """An app that reads and sends raw bytes.

    Args:
        directory: Faust makes one for itself; nothing that matters is in it.
        session_seconds: after so long without a word a worker is taken for dead.
    """
    return faust.App(
        plan.group,
        broker=[f"kafka://{server}" for server in target.servers],
        broker_credentials=_credentials(target),
        datadir=directory,
        store="memory://",
        topic_disable_leader=True,
        topic_allow_declare=False,
        autodiscover=False,
        web_enabled=False,
        key_serializer="raw",
        value_serializer="raw",
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=15_000,
        broker_session_timeout=session_seconds,
        broker_heartbeat_interval=session_seconds / 5,
        broker_rebalance_timeout=max(session_seconds, 30.0),
        broker_request_timeout=max(session_seconds, 30.0),
        # By `keep_committing`.
        broker_commit_interval=3600.0,
        broker_max_poll_interval=3600.0,
        stream_wait_empty=False,
        stream_buffer_maxsize=8192,
        producer_acks=-1,
        producer_compression_type="lz4",
        producer_linger=0.02,
    )


def _credentials(target: KafkaTarget) -> Any:
    configs = target.client_configs()
    context = configs.get("ssl_context")
    if target.user:
        return faust.SASLCredentials(
            mechanism=target.mechanism, username=target.user, password=target.password, ssl_context=context
        )
    return faust.SSLCredentials(context=context) if context is not None else None


def attach(app: faust.App, plan: TopicPlan, work: Work, told: Told, *, batch_events: int) -> None:
    """Have records of facts carried to `work`, and what ingest tells beside them to `told`."""
    facts = plan.name(Topic.FACTS)

    async def subscribe(stream: Any) -> AsyncIterator[None]:
        async for _ in stream:
            yield

    async def carry_told(stream: Any) -> AsyncIterator[None]:
        async for events in stream.take_events(100, within=WITHIN):
            await told([event.message for event in events])
            yield

    beside = app.topic(plan.name(Topic.GAPS), plan.name(Topic.DEAD_LETTERS), **_RAW)
    app.agent(app.topic(facts, **_RAW), name="facts")(subscribe)
    hand_over(app, facts, work.offer, at_most=batch_events, within=WITHIN)
    app.agent(beside, name="told")(carry_told)

    async def assigned(_: Any, /, *given: Any, **__: Any) -> None:
        partitions: set[TP] = given[0]
        await work.begin(frozenset(one.partition for one in partitions if one.topic == facts))

    async def revoked(_: Any, /, *__: Any, **___: Any) -> None:
        await work.end()

    # Signals hold their receivers weakly.
    app.on_partitions_assigned.connect(assigned, weak=False)
    app.on_partitions_revoked.connect(revoked, weak=False)


_RAW: Mapping[str, Any] = {
    "key_type": bytes,
    "value_type": bytes,
    "key_serializer": "raw",
    "value_serializer": "raw",
    "allow_empty": True,
}


async def keep_committing(app: faust.App) -> None:
    """Tell Kafka how far we are, for those who watch the group; for ever. What counts is what is stored.

    Not while the group rebalances, as Faust's own timer does: the commit is refused then, and it rebalances again.
    """
    while True:
        await asyncio.sleep(COMMIT_EVERY)
        if not app.rebalancing:
            try:
                await app.consumer.commit()
            except Exception as error:
                _log.info("offsets are not committed for now", error=repr(error))


class FaustClient:
    """`LogClient` over the consumer and the producer of a Faust app."""

    def __init__(self, app: faust.App, plan: TopicPlan) -> None:
        self._app = app
        self._plan = plan
        self._facts = plan.name(Topic.FACTS)
        self._letters = plan.name(Topic.DEAD_LETTERS)

    async def seek(self, offsets: Mapping[int, int]) -> None:
        """As `LogClient`; partitions that are not ours at the moment are left out."""
        app = self._app
        # While it rebalances it goes back to the offsets that were committed.
        while app.rebalancing:  # noqa: ASYNC110 - Faust has no event for it
            await asyncio.sleep(0.05)
        consumer: Any = app.consumer
        ours = {TP(one.topic, one.partition) for one in consumer.assignment()}
        wanted = {TP(self._facts, partition): offset for partition, offset in offsets.items()}
        mine = {place: offset for place, offset in wanted.items() if place in ours}

        async def go() -> None:
            for place, offset in mine.items():
                consumer._thread._ensure_consumer().seek(place, offset)

        try:
            # Faust's own `seek_wait` waits for each position, and no other call is let through meanwhile.
            await consumer._thread.call_thread(go)
            consumer._read_offset.update({place: offset or None for place, offset in mine.items()})
        except (KafkaError, RuntimeError) as error:
            # Whoever misses records asks again.
            _log.warning("cannot go to the stored positions yet", error=repr(error))

    async def send_on(self, records: Sequence[KeyedRecord], of: int) -> None:
        """As `LogClient`."""
        keys = [record.key or b"" for record in records]
        await self._send_at_last(
            [
                _Sending(self._facts, key, record.value, list(headers_of(record)), partition_of(key, of))
                for key, record in zip(keys, records, strict=True)
            ]
        )

    async def send_letters(self, letters: Sequence[DeadLetter]) -> None:
        """As `LogClient`."""
        await self._send_at_last([_sending(self._letters, encode_dead_letter(letter)) for letter in letters])

    async def publish(self, topic: Topic, messages: Sequence[Message]) -> None:
        """As `Publisher`."""
        await self._send([_sending(self._plan.name(topic), one) for one in messages])

    async def _send_at_last(self, sendings: Sequence[_Sending]) -> None:
        async for attempt in at_last(LogUnavailable):
            with attempt:
                await self._send(sendings)

    async def _send(self, sendings: Sequence[_Sending]) -> None:
        """In order, and all at once.

        Raises:
            LogUnavailable: Kafka does not take them for now; some may be there.
        """
        if not sendings:
            return
        try:
            sent = [
                await self._app.producer.send(one.topic, one.key, one.value, one.partition, None, one.headers)
                for one in sendings
            ]
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.gather(*sent)
        except (KafkaError, TimeoutError) as error:
            raise LogUnavailable(f"Kafka does not take what is sent to {sendings[0].topic}: {error!r}") from error


class _Sending(NamedTuple):
    topic: str
    key: bytes
    value: bytes | None
    headers: list[tuple[str, bytes]]
    partition: int | None


def _sending(topic: str, message: Message) -> _Sending:
    return _Sending(topic, message.key, message.value, list(message.headers), None)
