"""The shell around Faust: records are handed over a fetch at a time, in order, each once, and counted as done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from kafka import KafkaConsumer, TopicPartition

from deploy.working.faust_app import attach, make_app
from ingest.kafka_reading import KeyedRecord
from ingest.kafka_target import KafkaTarget
from ingest.topics import Topic, TopicPlan
from tests.distributed import Feed, recording
from tests.kafka import Kafka

AT_MOST = 100
PATIENCE = 60.0

pytestmark = pytest.mark.filterwarnings(
    "ignore:unclosed <s(ocket|sl):ResourceWarning", "ignore::DeprecationWarning", "ignore:unclosed event loop"
)


class Kept:
    """What a shell brings."""

    def __init__(self) -> None:
        self.batches: list[Sequence[KeyedRecord]] = []
        self.told: list[KeyedRecord] = []
        self.begun: list[frozenset[int]] = []

    async def begin(self, partitions: frozenset[int]) -> None:
        self.begun.append(partitions)

    async def end(self) -> None:
        pass

    async def offer(self, records: Sequence[KeyedRecord]) -> None:
        await asyncio.sleep(0.001)
        self.batches.append(records)

    async def tell(self, records: Sequence[KeyedRecord]) -> None:
        self.told += records

    @property
    def records(self) -> list[KeyedRecord]:
        return [record for batch in self.batches for record in batch]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.05)


async def test_records_come_in_batches_in_order_each_once_and_are_committed(
    kafka: Kafka, topics: TopicPlan, tmp_path: Path
) -> None:
    feed = Feed(kafka, topics)
    events = list(recording(2))
    first = await asyncio.to_thread(feed.send, events[:1500])
    kept = Kept()
    app = make_app(KafkaTarget.parse(kafka.url), topics, tmp_path, session_seconds=6)
    attach(app, topics, kept, kept.tell, batch_events=AT_MOST)
    await app.start()
    try:
        await until(lambda: len(kept.records) >= first)
        total = first + await asyncio.to_thread(feed.send, events[1500:])
        await asyncio.to_thread(feed.gap, 5, 9)
        await until(lambda: len(kept.records) >= total and bool(kept.told))
        await app.consumer.commit()
    finally:
        await app.stop()
        await asyncio.to_thread(feed.close)

    assert kept.begun == [frozenset({0, 1, 2})]
    assert max(map(len, kept.batches)) == AT_MOST
    assert [record.topic for record in kept.told] == [topics.name(Topic.GAPS)]
    for partition in range(3):
        offsets = [record.offset for record in kept.records if record.partition == partition]
        assert offsets == list(range(len(offsets)))
    assert {record.topic for record in kept.records} == {topics.name(Topic.FACTS)}
    assert len(kept.records) == total
    assert sorted(record.value or b"" for record in kept.records) == sorted(events)
    assert _committed(kafka, app.conf.id, topics) == total


def _committed(kafka: Kafka, group: str, topics: TopicPlan) -> int:
    """Records of facts that the group has told Kafka are done."""
    consumer = KafkaConsumer(bootstrap_servers=[one.address for one in kafka.brokers], group_id=group)
    try:
        places = [TopicPartition(topics.name(Topic.FACTS), number) for number in range(3)]
        return sum(consumer.committed(place) or 0 for place in places)
    finally:
        consumer.close()
