"""A source into a real Kafka: everything arrives, in order, whatever becomes of the broker."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from ingest import kafka_clients
from ingest.kafka_admin import topic_admin
from ingest.kafka_ingest import KafkaIngest
from ingest.kafka_log import KafkaLog
from ingest.kafka_messages import raw_event
from ingest.kafka_outstanding import Limits
from ingest.kafka_target import KafkaTarget
from ingest.topics import Topic, TopicPlan
from processors.errors import InvalidInput, LogUnavailable, TooManyInvalidEvents
from processors.facts.facts import Position
from processors.facts.messages import Message, decode_dead_letter, decode_gap, encode_checkpoint
from processors.metrics import DEAD_LETTERS, KAFKA_OUTSTANDING, KAFKA_WAITING
from processors.ports.store import Checkpoint, RawEvent, Reached
from tests.kafka import Kafka, free_ports, make_certificate, read_topic, running_kafka
from tests.recorders import RecordedMetrics

STREAMS = "mediawiki.recentchange"
TOPIC = f"eqiad.{STREAMS}"
WIKIS = ("en.wikipedia.org", "ja.wikipedia.org", "commons.wikimedia.org", "www.wikidata.org", "de.wikipedia.org")
BEGAN = datetime(2026, 11, 25, 12, tzinfo=UTC)
PATIENCE = 150
# kafka-python leaves sockets of connections that failed to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <s(ocket|sl):ResourceWarning")


def made(offset: int, padding: int = 0) -> RawEvent:
    meta = {
        "id": f"id-{offset}",
        "domain": WIKIS[offset * 7 % len(WIKIS)],
        "stream": STREAMS,
        "dt": (BEGAN + timedelta(milliseconds=10 * offset)).isoformat(),
        "topic": TOPIC,
        "partition": 0,
        "offset": offset,
    }
    return RawEvent(orjson.dumps({"meta": meta, "padding": "x" * padding}), None, "test")


class Scripted:
    """`EventSource` over a list: goes on behind a checkpoint less an overlap, and stays when it has no more."""

    def __init__(self, events: Sequence[RawEvent], *, batch: int = 100, overlap: int = 5, stays: bool = False) -> None:
        self.script = list(events)
        self.batch = batch
        self.overlap = overlap
        self.stays = stays
        self.read = 0
        self.started_at: list[int] = []
        self.pause = 0.0

    async def events(self, resume: Checkpoint | None) -> AsyncIterator[Sequence[RawEvent]]:
        reached = resume.reached[TOPIC, 0].offset if resume else -1
        place = max(0, reached + 1 - self.overlap)
        self.started_at.append(place)
        while place < len(self.script):
            batch = self.script[place : place + self.batch]
            place += len(batch)
            self.read = max(self.read, place)
            yield batch
            await asyncio.sleep(self.pause)
        if self.stays:
            await asyncio.Event().wait()


class Ingest:
    """A `KafkaIngest` on the test's topics."""

    def __init__(self, kafka: Kafka, plan: TopicPlan, source: Scripted, **limits: int) -> None:
        self.metrics = RecordedMetrics()
        self.log = KafkaLog(KafkaTarget.parse(kafka.url), plan, metadata_seconds=1)
        self.stop = asyncio.Event()
        self.work = KafkaIngest(
            source,
            self.log,
            STREAMS,
            metrics=self.metrics,
            clock=lambda: BEGAN,
            limits=Limits(**limits),
        )

    async def run(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.work.run(self.stop)

    def checkpoint(self) -> int:
        """The offset that the stored checkpoint has reached."""
        kept = self.log.kept(STREAMS)
        assert kept.checkpoint is not None
        return kept.checkpoint.reached[TOPIC, 0].offset


@asynccontextmanager
async def running(ingest: Ingest) -> AsyncIterator[asyncio.Task[None]]:
    """It works for as long as the block lasts; then it is told to stop, and has."""
    task = asyncio.create_task(ingest.run())
    try:
        yield task
        ingest.stop.set()
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], bool], task: asyncio.Task[None] | None = None) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            if task is not None and task.done():
                task.result()
            await asyncio.sleep(0.02)


def threads() -> list[str]:
    """Those that somebody else than the event loop has started."""
    return sorted(one.name for one in threading.enumerate() if not one.name.startswith("asyncio"))


async def facts(kafka: Kafka, plan: TopicPlan) -> list[Any]:
    return await asyncio.to_thread(read_topic, kafka, plan.name(Topic.FACTS))


def offsets(records: Sequence[Any]) -> list[int]:
    """Offsets on EventStreams of the events in records."""
    return [position.offset for record in records if (position := raw_event(record).position)]


def assert_in_order(records: Sequence[Any], count: int) -> None:
    """Everything is there, and each wiki's events are in one partition in the order of the stream, first time read."""
    first: dict[str, list[int]] = defaultdict(list)
    places: dict[str, set[int]] = defaultdict(set)
    seen: set[int] = set()
    for record, offset in zip(records, offsets(records), strict=True):
        wiki = record.key.decode()
        assert orjson.loads(record.value)["meta"]["domain"] == wiki
        places[wiki].add(record.partition)
        if offset not in seen:
            seen.add(offset)
            first[wiki].append(offset)
    assert seen == set(range(count))
    assert all(one == sorted(one) for one in first.values())
    assert all(len(one) == 1 for one in places.values())


async def test_everything_arrives_once_byte_for_byte_and_in_order(kafka: Kafka, topics: TopicPlan) -> None:
    source = Scripted([made(offset) for offset in range(2_000)])
    ingest = Ingest(kafka, topics, source)
    await ingest.run()
    records = await facts(kafka, topics)
    assert_in_order(records, 2_000)
    assert len(records) == 2_000
    assert {record.value for record in records} == {event.data for event in source.script}
    assert len({record.partition for record in records}) > 1
    assert ingest.checkpoint() == 1_999
    assert ingest.metrics.gauges[(KAFKA_OUTSTANDING.name,)] == 0


async def test_the_next_one_goes_on_from_the_checkpoint(kafka: Kafka, topics: TopicPlan) -> None:
    await Ingest(kafka, topics, Scripted([made(offset) for offset in range(300)])).run()
    source = Scripted([made(offset) for offset in range(500)])
    await Ingest(kafka, topics, source).run()
    assert source.started_at == [295]
    records = await facts(kafka, topics)
    assert_in_order(records, 500)
    assert len(records) == 505


async def test_told_to_stop_it_flushes_and_moves_the_checkpoint(kafka: Kafka, topics: TopicPlan) -> None:
    source = Scripted([made(offset) for offset in range(100_000)], batch=50)
    source.pause = 0.01
    ingest = Ingest(kafka, topics, source)
    async with running(ingest) as task:
        await until(lambda: source.read > 1_000, task)
    records = await facts(kafka, topics)
    assert ingest.checkpoint() == source.read - 1
    assert_in_order(records, source.read)


async def test_a_source_that_is_quiet_has_its_checkpoint_all_the_same(kafka: Kafka, topics: TopicPlan) -> None:
    ingest = Ingest(kafka, topics, Scripted([made(offset) for offset in range(10)], stays=True))

    def saved() -> bool:
        kept = ingest.log.kept(STREAMS).checkpoint
        return kept is not None and kept.reached[TOPIC, 0].offset == 9

    async with running(ingest):
        async with asyncio.timeout(PATIENCE):
            while not await asyncio.to_thread(saved):
                await asyncio.sleep(0.1)


async def test_a_broker_that_stops_holds_reading_up_and_loses_nothing(kafka: Kafka, topics: TopicPlan) -> None:
    source = Scripted([made(offset, padding=1_000) for offset in range(60_000)], batch=100)
    source.pause = 0.005
    ingest = Ingest(kafka, topics, source, messages=1_000)
    async with running(ingest) as task:
        await until(lambda: source.read > 1_000, task)
        await asyncio.to_thread(kafka.brokers[0].stop)
        await until(lambda: ingest.metrics.gauges.get((KAFKA_WAITING.name,)) == 1, task)
        held_at, threads = source.read, threading.active_count()
        await asyncio.sleep(3)
        assert source.read == held_at < 60_000
        assert ingest.metrics.gauges[(KAFKA_OUTSTANDING.name,)] <= 1_000
        assert threading.active_count() == threads
        await asyncio.to_thread(kafka.brokers[0].start)
        await until(lambda: source.read > held_at + 2_000, task)
    records = await facts(kafka, topics)
    assert_in_order(records, source.read)
    assert len(records) == source.read, "the idempotent producer writes nothing twice"
    assert ingest.checkpoint() == source.read - 1


async def test_a_broker_that_is_killed_loses_nothing(kafka: Kafka, topics: TopicPlan) -> None:
    source = Scripted([made(offset) for offset in range(100_000)], batch=50)
    source.pause = 0.005
    ingest = Ingest(kafka, topics, source, messages=500)
    async with running(ingest) as task:
        await until(lambda: source.read > 1_000, task)
        await asyncio.to_thread(kafka.brokers[0].kill)
        killed_at = source.read
        await asyncio.to_thread(kafka.brokers[0].start)
        await until(lambda: source.read > killed_at + 2_000, task)
    assert_in_order(await facts(kafka, topics), source.read)


async def test_what_was_given_up_is_never_sent_later(kafka: Kafka, topics: TopicPlan) -> None:
    """By then it has been read and sent again, and would come twice and out of order."""
    before = threads()
    source = Scripted([made(offset) for offset in range(10_000)], batch=50)
    source.pause = 0.005
    ingest = Ingest(kafka, topics, source, messages=500)
    task = asyncio.create_task(ingest.run())
    await until(lambda: source.read > 500, task)
    await asyncio.to_thread(kafka.brokers[0].stop)
    await until(lambda: ingest.metrics.gauges.get((KAFKA_WAITING.name,)) == 1, task)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.to_thread(kafka.brokers[0].start)
    await asyncio.sleep(1)
    assert len(await facts(kafka, topics)) < source.read
    assert threads() == before


async def test_one_that_starts_while_kafka_is_away_waits_for_it(kafka: Kafka, topics: TopicPlan) -> None:
    await asyncio.to_thread(kafka.brokers[0].stop)
    source = Scripted([made(offset) for offset in range(100)])
    ingest = Ingest(kafka, topics, source)
    async with asyncio.timeout(PATIENCE):
        task = asyncio.create_task(ingest.work.run(ingest.stop))
        await asyncio.sleep(1)
        assert ingest.work.away
        assert source.read == 0
        await asyncio.to_thread(kafka.brokers[0].start)
        await task
    assert_in_order(await facts(kafka, topics), 100)
    assert not ingest.work.away


async def test_two_at_once_send_everything_and_each_can_be_taken_for_the_other(kafka: Kafka, topics: TopicPlan) -> None:
    script = [made(offset) for offset in range(20_000)]
    one, other = Scripted(script, batch=100), Scripted(script, batch=130)
    one.pause = other.pause = 0.005
    first, second = Ingest(kafka, topics, one), Ingest(kafka, topics, other)
    async with running(second) as standby:
        task = asyncio.create_task(first.run())
        await until(lambda: one.read > 2_000, task)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await until(lambda: other.read > one.read + 1_000, standby)
    records = await facts(kafka, topics)
    assert_in_order(records, other.read)
    assert second.checkpoint() == other.read - 1


async def test_what_is_no_json_and_what_is_too_large_are_dead_letters(kafka: Kafka, topics: TopicPlan) -> None:
    script = [made(offset) for offset in range(10)]
    script[4] = RawEvent(b"{no json", None, "https://stream.example")
    script[5] = RawEvent(orjson.dumps({"meta": {"topic": TOPIC, "partition": 0, "offset": 5, "dt": "soon"}}))
    script[7] = made(7, padding=1_500_000)
    ingest = Ingest(kafka, topics, Scripted(script))
    await ingest.run()
    assert set(offsets(await facts(kafka, topics))) == set(range(10)) - {4, 5, 7}
    records = await asyncio.to_thread(read_topic, kafka, topics.name(Topic.DEAD_LETTERS))
    letters = {(letter := decode_dead_letter(one.value, one.headers)).reason: letter for one in records}
    assert letters.keys() == {"json", "schema", "too_large"}
    assert letters["schema"].event.position == Position(TOPIC, 0, 5)
    assert letters["json"].event.data == b"{no json"
    assert dict(records[0].headers)["after"] == f"{TOPIC}/0/3".encode()
    assert letters["too_large"].event.position == Position(TOPIC, 0, 7)
    assert script[7].data.startswith(letters["too_large"].event.data)
    assert ingest.metrics.total(DEAD_LETTERS) == 3
    assert ingest.checkpoint() == 9


@pytest.mark.parametrize("when", ["before", "meanwhile"])
async def test_what_the_broker_finds_too_large_is_a_dead_letter(kafka: Kafka, topics: TopicPlan, when: str) -> None:
    """Its own limit may be below ours; what came in the same batch must arrive all the same."""

    async def lower_the_limit() -> None:
        await asyncio.to_thread(_set_configs, kafka, topics.name(Topic.FACTS), {"max.message.bytes": "20000"})

    script = [made(offset) for offset in range(200)]
    script[170] = RawEvent(made(170).data[:-1] + b',"noise":"' + _noise(60_000) + b'"}', None, "test")
    source = Scripted(script, batch=20)
    ingest = Ingest(kafka, topics, source)
    if when == "before":
        await lower_the_limit()
        await ingest.run()
    else:
        source.pause = 0.5
        async with running(ingest) as task:
            await until(lambda: source.read >= 20, task)
            await lower_the_limit()
            source.pause = 0.05
            await task
    assert set(offsets(await facts(kafka, topics))) == set(range(200)) - {170}
    letters = await asyncio.to_thread(read_topic, kafka, topics.name(Topic.DEAD_LETTERS))
    event = RawEvent(script[170].data, Position(TOPIC, 0, 170), "test")
    assert {decode_dead_letter(one.value, one.headers).event for one in letters} == {event}
    assert ingest.checkpoint() == 199


def _noise(size: int) -> bytes:
    """What does not compress."""
    return random.Random(5).randbytes(size // 2).hex().encode()


def _set_configs(kafka: Kafka, name: str, configs: dict[str, str]) -> None:
    client = KafkaAdminClient(bootstrap_servers=[kafka.brokers[0].address])
    client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs)])
    client.close()


async def test_a_stream_of_nothing_but_rubbish_ends_it(kafka: Kafka, topics: TopicPlan) -> None:
    ingest = Ingest(kafka, topics, Scripted([RawEvent(b"<html>", None, "test")] * 300))
    with pytest.raises(TooManyInvalidEvents):
        await ingest.run()


async def test_missing_offsets_are_told_and_taken_back_when_they_come(kafka: Kafka, topics: TopicPlan) -> None:
    script = [made(offset) for offset in range(20)]
    holes = [one for number, one in enumerate(script) if number not in (5, 6)]
    await Ingest(kafka, topics, Scripted(holes)).run()
    name = topics.name(Topic.GAPS)
    (record,) = await asyncio.to_thread(read_topic, kafka, name)
    gap, closed = decode_gap(record.value, record.headers)
    assert (gap.topic, gap.first, gap.last, closed) == (TOPIC, 5, 6, False)
    ingest = Ingest(kafka, topics, Scripted(script, overlap=20))
    assert (await asyncio.to_thread(ingest.log.kept, STREAMS)).gaps == [gap]
    await ingest.run()
    *_, last = await asyncio.to_thread(read_topic, kafka, name)
    assert decode_gap(last.value, last.headers) == (gap, True)
    assert (await asyncio.to_thread(ingest.log.kept, STREAMS)).gaps == []


async def test_partitions_that_are_raised_meanwhile_lose_nothing(kafka: Kafka, topics: TopicPlan) -> None:
    source = Scripted([made(offset) for offset in range(100_000)], batch=50)
    source.pause = 0.01
    ingest = Ingest(kafka, topics, source)
    more = TopicPlan(prefix=topics.prefix, partitions=8, replication=1)

    def raise_partitions() -> None:
        with topic_admin(KafkaTarget.parse(kafka.url)) as admin:
            admin.apply(admin.compare(more.topics()))

    async with running(ingest) as task:
        await until(lambda: source.read > 1_000, task)
        await asyncio.to_thread(raise_partitions)
        raised_at = source.read
        await asyncio.sleep(2.5)
        await until(lambda: source.read > raised_at + 1_000, task)
    records = await facts(kafka, topics)
    assert sorted(offsets(records)) == list(range(source.read))
    assert len({record.partition for record in records}) > 3
    by_place: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for record, offset in zip(records, offsets(records), strict=True):
        by_place[record.partition, record.key].append(offset)
    assert all(one == sorted(one) for one in by_place.values()), "a wiki that moved goes on in order where it is now"


async def test_a_missing_topic_is_told(kafka: Kafka, no_sockets_left: None) -> None:
    ingest = Ingest(kafka, TopicPlan(prefix="nothing-there."), Scripted([made(0)]))
    with pytest.raises(InvalidInput, match=r"nothing-there\.facts; `wikitally topics apply`"):
        await ingest.run()


async def test_a_checkpoint_of_a_newer_wikitally_is_not_passed_over(kafka: Kafka, topics: TopicPlan) -> None:
    """To begin at the present instead would lose what lies between."""
    ingest = Ingest(kafka, topics, Scripted([made(0)]))
    message = encode_checkpoint(Checkpoint(STREAMS, {(TOPIC, 0): Reached(1, 1)}))
    newer = Message(message.key, message.value, (("schema", b"99"),))
    producer = await asyncio.to_thread(ingest.log.open_producer)
    producer.send(topics.name(Topic.CHECKPOINTS), newer.value, key=newer.key, headers=list(newer.headers)).get(30)
    await asyncio.to_thread(producer.close)
    with pytest.raises(InvalidInput, match="newer wikitally"):
        await ingest.run()


def test_asking_a_kafka_that_is_away_leaves_no_threads_behind(
    no_sockets_left: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked again every few seconds, for as long as it is away."""
    monkeypatch.setattr(kafka_clients, "PATIENCE_MS", 200)
    (port,) = free_ports(1)
    log = KafkaLog(KafkaTarget.parse(f"kafka://127.0.0.1:{port}"), TopicPlan())
    before = threading.active_count()
    for ask in (log.largest_fact, log.open_producer, lambda: log.kept(STREAMS)):
        with pytest.raises(LogUnavailable):
            ask()
    assert threading.active_count() == before


@pytest.mark.usefixtures("no_sockets_left")
async def test_a_kafka_with_tls_and_passwords_lets_in_whom_it_knows(tmp_path: Path) -> None:
    keystore, certificate = await asyncio.to_thread(make_certificate, tmp_path)
    (port,) = free_ports(1)
    cluster = await asyncio.to_thread(Kafka, tmp_path / "kafka")
    cluster.brokers[0].guard(port, keystore)
    plan = TopicPlan(prefix="guarded.", partitions=2, replication=1)

    def target(login: str, ca: str = f"&ca={certificate}") -> KafkaTarget:
        return KafkaTarget.parse(f"kafkas://{login}@localhost:{port}?mechanism=PLAIN{ca}")

    def ask(whom: KafkaTarget) -> int:
        with topic_admin(whom) as admin:
            return len(admin.find(plan.topics()))

    try:
        await asyncio.to_thread(cluster.start)
        ada = target("ada:p%40ss")
        with topic_admin(ada) as admin:
            admin.apply(admin.compare(plan.topics()))
        source = Scripted([made(offset) for offset in range(100)])
        ingest = Ingest(cluster, plan, source)
        ingest.log = KafkaLog(ada, plan)
        ingest.work = KafkaIngest(source, ingest.log, STREAMS, metrics=ingest.metrics, clock=lambda: BEGAN)
        await ingest.run()
        assert_in_order(await facts(cluster, plan), 100)
        with pytest.raises(InvalidInput, match="refuses") as caught:
            await asyncio.to_thread(ask, target("ada:guessed"))
        assert "guessed" not in str(caught.value)
        with pytest.raises((InvalidInput, LogUnavailable)):
            await asyncio.to_thread(ask, target("ada:p%40ss", ca=""))
    finally:
        await asyncio.to_thread(cluster.kill)


@pytest.mark.usefixtures("no_sockets_left")
async def test_a_broker_of_three_that_is_lost_is_not_missed(tmp_path: Path) -> None:
    with running_kafka(tmp_path, brokers=3) as cluster:
        plan = TopicPlan(prefix="three.", partitions=3, replication=3)
        with topic_admin(KafkaTarget.parse(cluster.url)) as admin:
            admin.apply(admin.compare(plan.topics()))
            assert admin.compare(plan.topics()) == []
        source = Scripted([made(offset) for offset in range(200_000)], batch=100)
        source.pause = 0.01
        ingest = Ingest(cluster, plan, source, messages=1_000)
        async with running(ingest) as task:
            await until(lambda: source.read > 1_000, task)
            await asyncio.to_thread(cluster.brokers[0].kill)
            lost_at = source.read
            # More than may be outstanding: without the two that are left it could not be read.
            await until(lambda: source.read > lost_at + 3_000, task)
        records = await facts(cluster, plan)
        assert_in_order(records, source.read)
