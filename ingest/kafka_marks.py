"""What Kafka says of the topic of facts: how many partitions it has, where they begin and end, and up to when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from ingest.kafka_clients import make_reader, translated
from ingest.kafka_reading import Mark
from ingest.kafka_target import KafkaTarget
from ingest.topics import Topic, TopicPlan, no_topic
from processors.errors import InvalidEvent, LogUnavailable
from processors.facts.messages import decode_checkpoint

_READ = (Topic.FACTS, Topic.DEAD_LETTERS, Topic.GAPS, Topic.CHECKPOINTS)


class KafkaMarks:
    """Asks Kafka, over one connection. Calls block and must not overlap: give it a thread of its own.

    Every call raises LogUnavailable when Kafka does not answer; the next one connects anew.
    """

    def __init__(self, target: KafkaTarget, plan: TopicPlan) -> None:
        self._target = target
        self._plan = plan
        self._consumer: KafkaConsumer | None = None
        self._watermark: datetime | None = None

    def partitions(self) -> int:
        """How many partitions facts have now.

        Raises:
            InvalidInput: a topic is missing, or Kafka does not let us in.
        """
        # Anew: a consumer learns of more partitions only now and then.
        self.close()
        consumer = self._connected()
        try:
            with translated(self._target):
                counts = {topic: len(consumer.partitions_for_topic(self._plan.name(topic)) or ()) for topic in _READ}
        except LogUnavailable:
            self.close()
            raise
        for topic, count in counts.items():
            if not count:
                raise no_topic(self._plan.name(topic))
        return counts[Topic.FACTS]

    def look(self, partitions: Collection[int]) -> Mark:
        """Where these partitions are now. The watermark is asked first: all that it speaks of lies before the ends."""
        consumer = self._connected()
        places = [TopicPartition(self._plan.name(Topic.FACTS), one) for one in partitions]
        try:
            with translated(self._target):
                self._read_watermark(consumer)
                begins = consumer.beginning_offsets(places) if places else {}
                ends = consumer.end_offsets(places) if places else {}
        except LogUnavailable:
            self.close()
            raise
        return Mark(
            self._watermark,
            {place.partition: offset for place, offset in begins.items()},
            {place.partition: offset for place, offset in ends.items()},
        )

    def last_place(self) -> int:
        """The position in the log of programs that the newest program event in Kafka has; 0: there is none."""
        consumer = self._connected()
        place = TopicPartition(self._plan.name(Topic.PROGRAM_EVENTS), 0)
        checkpoints = TopicPartition(self._plan.name(Topic.CHECKPOINTS), 0)
        try:
            with translated(self._target):
                end = consumer.end_offsets([place])[place]
                if not end:
                    return 0
                before = consumer.position(checkpoints)
                consumer.assign([place])
                consumer.seek(place, end - 1)
                records = [one for some in consumer.poll(timeout_ms=5_000).values() for one in some]
                consumer.assign([checkpoints])
                consumer.seek(checkpoints, before)
        except LogUnavailable:
            self.close()
            raise
        if not records:
            self.close()
            raise LogUnavailable("Kafka does not give its newest program event")
        return int(dict(records[-1].headers)["place"])

    def close(self) -> None:
        """Let go of the connection."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close()

    def _connected(self) -> Any:
        if self._consumer is None:
            with translated(self._target):
                self._consumer = make_reader(self._target)
                place = TopicPartition(self._plan.name(Topic.CHECKPOINTS), 0)
                self._consumer.assign([place])
                self._consumer.seek_to_beginning(place)
        return self._consumer

    def _read_watermark(self, consumer: Any) -> None:
        """Of two that ingest the one that is ahead: what it has put in is there."""
        place = TopicPartition(self._plan.name(Topic.CHECKPOINTS), 0)
        end = consumer.end_offsets([place])[place]
        while consumer.position(place) < end:
            for records in consumer.poll(timeout_ms=500).values():
                for record in records:
                    self._note(record)

    def _note(self, record: Any) -> None:
        if record.value is None:
            return
        try:
            watermark = decode_checkpoint(record.value, record.headers).watermark
        except InvalidEvent:
            # A newer ingest's: what it says is not needed to go on.
            return
        if watermark is not None and (self._watermark is None or watermark > self._watermark):
            self._watermark = watermark
