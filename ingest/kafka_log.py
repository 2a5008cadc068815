"""Kafka as ingest sees it: a producer to send by, and what is kept in its compacted topics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kafka import KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from ingest.kafka_admin import topic_admin
from ingest.kafka_clients import PATIENCE_MS, close_producer, make_client, make_reader, translated
from ingest.kafka_target import KafkaTarget
from ingest.topics import MOST_MESSAGE_BYTES, Topic, TopicPlan, no_topic
from processors.errors import InvalidEvent, InvalidInput, LogUnavailable
from processors.facts.messages import decode_checkpoint, decode_gap
from processors.ports.store import Checkpoint, Gap

_FOR_EVER_MS = 30 * 86_400_000
_OVERHEAD = 500
"""Bytes that are added to a message, at most: of its record, of its headers, of its batch."""
_SENT_TO = (Topic.FACTS, Topic.DEAD_LETTERS, Topic.GAPS, Topic.CHECKPOINTS)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the log tells whoever begins to read a list of streams."""

    checkpoint: Checkpoint | None
    gaps: Sequence[Gap]
    """Those that are open."""


class KafkaLog:
    """Opens what talks to one Kafka. Calls block: keep them off the event loop.

    Args:
        metadata_seconds: after how long it is seen that a topic has more partitions.
    """

    def __init__(self, target: KafkaTarget, plan: TopicPlan, *, metadata_seconds: float = 30.0) -> None:
        self._target = target
        self._metadata_ms = int(metadata_seconds * 1000)
        self.plan = plan

    def open_producer(self) -> KafkaProducer:
        """A producer that gives up nothing while Kafka is away, and delivers in order.

        Raises:
            InvalidInput: Kafka does not let us in.
            LogUnavailable: Kafka does not answer.
        """
        with translated(self._target):
            producer = make_client(
                KafkaProducer,
                self._target,
                acks="all",
                enable_idempotence=True,
                compression_type="lz4",
                linger_ms=50,
                batch_size=512 * 1024,
                max_request_size=MOST_MESSAGE_BYTES,
                # Whoever waits for ever is never in doubt whether a message that was given up came through.
                delivery_timeout_ms=_FOR_EVER_MS,
                request_timeout_ms=PATIENCE_MS,
                max_block_ms=PATIENCE_MS,
                reconnect_backoff_max_ms=2_000,
                metadata_max_age_ms=self._metadata_ms,
                allow_auto_create_topics=False,
            )
        try:
            for topic in _SENT_TO:
                # Asked now, so that sending need not wait for it.
                producer.partitions_for(self.plan.name(topic))
        except KafkaError as error:
            close_producer(producer)
            raise LogUnavailable(f"Kafka at {self._target.shown}: {error}") from error
        return producer

    def largest_fact(self) -> int:
        """Bytes that the message of a fact may have.

        Raises:
            InvalidInput: Kafka does not let us in, or a topic is missing.
            LogUnavailable: Kafka does not answer.
        """
        wanted = {topic.name: topic for topic in self.plan.topics()}
        names = [self.plan.name(topic) for topic in _SENT_TO]
        with topic_admin(self._target) as admin:
            found = admin.find([wanted[name] for name in names])
        if missing := [name for name in names if name not in found]:
            raise no_topic(missing[0])
        limit = int(found[self.plan.name(Topic.FACTS)].configs["max.message.bytes"])
        return min(limit, MOST_MESSAGE_BYTES) - _OVERHEAD

    def kept(self, streams: str) -> Kept:
        """How far the list of streams has been read, and what is missing.

        Raises:
            InvalidInput: a newer wikitally has written it.
            LogUnavailable: Kafka does not answer.
        """
        checkpoint: Checkpoint | None = None
        gaps: dict[bytes, Gap] = {}
        with translated(self._target):
            for record in self.read(Topic.CHECKPOINTS):
                if record.key == streams.encode() and record.value is not None:
                    checkpoint = _decoded(decode_checkpoint, record)
            for record in self.read(Topic.GAPS):
                gap, closed = _decoded(decode_gap, record)
                gaps.pop(record.key, None)
                if not closed:
                    gaps[record.key] = gap
        return Kept(checkpoint, list(gaps.values()))

    def read(self, topic: Topic) -> Iterator[Any]:
        """All records that stand in a small topic of one partition now. Raises kafka-python's errors."""
        consumer = make_reader(self._target)
        try:
            place = TopicPartition(self.plan.name(topic), 0)
            consumer.assign([place])
            consumer.seek_to_beginning(place)
            end = consumer.end_offsets([place])[place]
            while consumer.position(place) < end:
                for records in consumer.poll(timeout_ms=1_000).values():
                    yield from records
        finally:
            consumer.close()


def _decoded(decode: Any, record: Any) -> Any:
    try:
        return decode(record.value, record.headers)
    except InvalidEvent as error:
        # To go on without it would be to forget where we were.
        raise InvalidInput(f"{record.topic}, offset {record.offset}: {error}") from error
