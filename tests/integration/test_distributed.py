"""The distributed mode against the one-command mode: the same facts give the same tables, whatever happens meanwhile.

Workers are real processes, over a real Kafka and a ClickHouse server that is not ours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import count
from pathlib import Path

import pytest

from deploy.programs.applying import apply_programs
from ingest.kafka_admin import topic_admin
from ingest.kafka_target import KafkaTarget
from ingest.topics import Topic, TopicPlan
from processors.programs.definitions import parse_programs
from storage.clickhouse import ClickHouseStore
from tests.distributed import (
    NOON,
    Feed,
    Workers,
    difference,
    embedded_run,
    ends,
    opened,
    processed,
    recording,
    rename,
    tables,
    wait,
)
from tests.kafka import Kafka, read_topic
from tests.kafka_processes import Ingest, Stream
from tests.servers import Pair, Server
from tests.stores import log_of

COPIES, MANY_COPIES = 8, 178
"""Of the recording: 9,000 events, and 200,250."""
SLOWLY = {"WIKITALLY_BATCH_EVENTS": "150"}
"""So that a fault comes in the middle of things."""
LATE = """\
slug: late
title: Said when much has happened
sessions: [{start: "2026-11-23T00:00Z", end: "2026-12-31T00:00Z"}]
wikis: ["*"]
namespaces: {default: [0]}
participants: [Alice, Bob, Admin]
"""

pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed <s(ocket|sl):ResourceWarning"),
    pytest.mark.timeout(900),
]
_numbers = count()
NewStore = Callable[[], tuple[str, ClickHouseStore]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A ClickHouse that none of the workers owns. (The older version ends by itself when clients of it are killed.)"""
    one = Server(tmp_path_factory.mktemp("server"))
    one.start()
    yield one
    one.kill()


@pytest.fixture(scope="module")
def made(server: Server) -> Iterator[NewStore]:
    """Makes stores with the programs of these tests; returns their addresses too."""
    stores: list[ClickHouseStore] = []

    def make() -> tuple[str, ClickHouseStore]:
        url = server.new_database(f"distributed_{next(_numbers)}")
        stores.append(opened(url))
        return url, stores[-1]

    yield make
    for store in stores:
        store.close()


def define(store: ClickHouseStore, text: str) -> None:
    apply_programs(log_of(store), parse_programs(text, source="tests"))


@pytest.fixture(scope="module")
def embedded(made: NewStore) -> Mapping[str, str]:
    """What the one-command mode makes of the recording."""
    _, store = made()
    embedded_run(store, recording(COPIES))
    return tables(store)


@pytest.fixture
def feed(kafka: Kafka, topics: TopicPlan) -> Iterator[Feed]:
    one = Feed(kafka, topics)
    yield one
    one.close()


@pytest.fixture
def there(made: NewStore) -> tuple[str, ClickHouseStore]:
    """The store that workers share."""
    return made()


@pytest.fixture
def store(there: tuple[str, ClickHouseStore]) -> ClickHouseStore:
    return there[1]


@pytest.fixture
def workers(kafka: Kafka, topics: TopicPlan, there: tuple[str, ClickHouseStore], tmp_path: Path) -> Iterator[Workers]:
    started = Workers(kafka, topics, there[0], tmp_path)
    yield started
    started.close()


def until_done(workers: Workers, store: ClickHouseStore, plan: TopicPlan, total: int) -> None:
    wait(lambda: processed(store, plan) >= total, workers, f"{total} messages", patience=400)


def in_the_middle(workers: Workers, store: ClickHouseStore, plan: TopicPlan, total: int, part: float) -> None:
    wait(lambda: processed(store, plan) >= total * part, workers, f"{part:.0%} of {total}", patience=400)
    assert processed(store, plan) < total * 0.95, "it comes too late to disturb anything"


def assert_equal(store: ClickHouseStore, embedded: Mapping[str, str], *, but: Collection[str] = ()) -> None:
    found = {name: one for name, one in tables(store).items() if name not in but}
    assert difference(found, embedded) == []


def test_200000_events_come_out_the_same_with_a_worker_killed_and_others_added_and_a_program_told_late(
    kafka: Kafka, topics: TopicPlan, feed: Feed, made: NewStore, workers: Workers, store: ClickHouseStore
) -> None:
    first = workers.start()
    workers.start()
    total = feed.send(recording(MANY_COPIES))
    assert total > 200_000
    in_the_middle(workers, store, topics, total, 0.25)
    first.kill()
    define(store, LATE)
    in_the_middle(workers, store, topics, total, 0.5)
    workers.start()
    workers.start()

    _, alone = made()
    define(alone, LATE)
    embedded_run(alone, recording(MANY_COPIES))
    until_done(workers, store, topics, total)
    wait(lambda: store.books().get("late", 0) >= 1, workers, "the program that was told late", patience=300)
    assert_equal(store, tables(alone))
    assert [one.stop() for one in workers.all[1:]] == [0, 0, 0]
    assert_equal(store, tables(alone))


def test_a_worker_that_stood_still_writes_nothing_of_what_others_took_over(
    topics: TopicPlan, feed: Feed, workers: Workers, store: ClickHouseStore, embedded: Mapping[str, str]
) -> None:
    stopped, other = workers.start(**SLOWLY), workers.start(**SLOWLY)
    wait(lambda: bool(stopped.said("judging") and other.said("judging")), workers, "two workers")
    total = feed.send(recording(COPIES))
    in_the_middle(workers, store, topics, total, 0.2)
    stopped.pause()
    until_done(workers, store, topics, total)
    before = tables(store)
    assert difference(before, embedded) == []
    stopped.go_on()
    wait(lambda: len(stopped.said("judging")) >= 2, workers, "the one that stood still, back again")
    assert_equal(store, embedded)
    assert [one.stop() for one in workers.all] == [0, 0]


def test_all_workers_killed_at_once_are_succeeded(
    topics: TopicPlan, feed: Feed, workers: Workers, store: ClickHouseStore, embedded: Mapping[str, str]
) -> None:
    workers.start(**SLOWLY)
    workers.start(**SLOWLY)
    total = feed.send(recording(COPIES))
    for part in (0.2, 0.5):
        in_the_middle(workers, store, topics, total, part)
        for one in workers.all[-2:]:
            one.kill()
        workers.start(**SLOWLY)
        workers.start(**SLOWLY)
    until_done(workers, store, topics, total)
    assert_equal(store, embedded)


def test_on_two_shards_a_worker_is_succeeded_too(
    kafka: Kafka, topics: TopicPlan, feed: Feed, pair: Pair, embedded: Mapping[str, str], tmp_path: Path
) -> None:
    url = pair.url("distributed")
    store = opened(url)
    workers = Workers(kafka, topics, url, tmp_path)
    try:
        first = workers.start(**SLOWLY)
        workers.start(**SLOWLY)
        total = feed.send(recording(COPIES))
        in_the_middle(workers, store, topics, total, 0.3)
        first.kill()
        until_done(workers, store, topics, total)
        assert_equal(store, embedded)
    finally:
        workers.close()
        store.close()


def test_kafka_and_clickhouse_may_be_restarted(
    kafka: Kafka,
    server: Server,
    topics: TopicPlan,
    feed: Feed,
    workers: Workers,
    store: ClickHouseStore,
    embedded: Mapping[str, str],
) -> None:
    workers.start(**SLOWLY)
    workers.start(**SLOWLY)
    total = feed.send(recording(COPIES))
    in_the_middle(workers, store, topics, total, 0.2)
    kafka.restart()
    in_the_middle(workers, store, topics, total, 0.45)
    server.kill()
    server.start()
    until_done(workers, store, topics, total)
    assert_equal(store, embedded)
    assert [one.stop() for one in workers.all] == [0, 0]


def test_more_partitions_move_wikis_and_lose_nothing(
    kafka: Kafka,
    topics: TopicPlan,
    feed: Feed,
    workers: Workers,
    store: ClickHouseStore,
    embedded: Mapping[str, str],
) -> None:
    workers.start(**SLOWLY)
    workers.start(**SLOWLY)
    events = list(recording(COPIES))
    half = feed.send(events[: len(events) // 2])
    in_the_middle(workers, store, topics, half, 0.3)
    more = TopicPlan(prefix=topics.prefix, partitions=7, replication=1)
    with topic_admin(KafkaTarget.parse(kafka.url)) as admin:
        admin.apply(admin.compare(more.topics()))
    again = Feed(kafka, topics)
    try:
        again.send(events[len(events) // 2 :])
    finally:
        again.close()
    wait(lambda: processed(store, topics) >= ends(kafka, topics) > half, workers, "all of it", patience=400)
    sent_on = [line for work in workers.all for line in work.said("events sent on to the partitions of their wikis")]
    assert sent_on, "no event had to be sent on"
    assert_equal(store, embedded)


def test_whoever_was_renamed_is_so_on_the_wikis_of_every_worker(
    topics: TopicPlan, feed: Feed, made: NewStore, workers: Workers, store: ClickHouseStore
) -> None:
    events = [*recording(2), rename("Alice", "Alice Byron"), rename("Bob", "Robert")]
    _, alone = made()
    embedded_run(alone, events)
    one, other = workers.start(), workers.start()
    wait(lambda: bool(one.said("judging") and other.said("judging")), workers, "two workers")
    until_done(workers, store, topics, feed.send(events))
    wait(lambda: difference(tables(store), tables(alone)) == [], workers, "the new names")


def test_through_ingest_killed_doubled_and_overlapping_nothing_is_lost_or_counted_twice(
    kafka: Kafka,
    topics: TopicPlan,
    workers: Workers,
    store: ClickHouseStore,
    embedded: Mapping[str, str],
    tmp_path: Path,
) -> None:
    file = tmp_path / "recentchange.ndjson"
    file.write_bytes(b"".join(event + b"\n" for event in recording(COPIES)))
    stream = Stream(file)
    ingests: list[Ingest] = []
    try:
        workers.start()
        workers.start()
        ingests = [Ingest(kafka, topics, stream, tmp_path / f"ingest-{number}.log", **FASTER) for number in range(2)]
        wait(lambda: ends(kafka, topics) >= 3000, workers, "events")
        ingests[0].kill()
        ingests.append(Ingest(kafka, topics, stream, tmp_path / "ingest-2.log", **FASTER))
        facts = len(list(recording(COPIES)))
        wait(lambda: _facts(store) >= facts, workers, f"{facts} facts", patience=400)
        wait(lambda: processed(store, topics) >= ends(kafka, topics) > facts, workers, "what came twice", patience=400)
    finally:
        for one in ingests:
            one.kill()
        stream.close()
    assert ends(kafka, topics) > facts, "nothing came twice"
    # The rehearsal gives positions of its own.
    assert_equal(store, embedded, but=("facts",))
    assert store.freshness(lambda: NOON).as_of is not None


FASTER = {"WIKITALLY_BATCH_EVENTS": "1000", "WIKITALLY_KAFKA_OUTSTANDING": "5000"}


def _facts(store: ClickHouseStore) -> int:
    rows, _ = store.connections.statement("SELECT count() FROM facts FINAL")
    return int(rows[0][0])


def test_what_ingest_tells_is_kept_and_what_cannot_be_read_is_a_dead_letter(
    kafka: Kafka, topics: TopicPlan, feed: Feed, workers: Workers, store: ClickHouseStore
) -> None:
    workers.start()
    total = feed.send(recording(1))
    feed.broken(b"not an event of ours")
    feed.gap(5, 9)
    until_done(workers, store, topics, total + 1)
    wait(lambda: store.dead_letter_count() == 1 and len(store.open_gaps()) == 1, workers, "a letter and a gap")
    ((gap),) = store.open_gaps()
    assert (gap.first, gap.last) == (5, 9)
    rows, _ = store.connections.statement("SELECT topic, partition, offset, reason FROM dead_letters FINAL")
    assert rows[0][0] == topics.name(Topic.FACTS)
    assert rows[0][2] >= 0
    feed.gap(5, 9, closed=True)
    wait(lambda: not store.open_gaps(), workers, "the gap, closed")


def test_the_log_tells_what_was_decided_and_what_came_of_it(
    kafka: Kafka, topics: TopicPlan, feed: Feed, workers: Workers, store: ClickHouseStore
) -> None:
    workers.start()
    total = feed.send(recording(1))
    until_done(workers, store, topics, total)
    decisions = topics.name(Topic.PROGRAM_EVENTS)
    wait(lambda: len(read_topic(kafka, decisions)) >= 2, workers, "program events")
    told = [json.loads(record.value) for record in read_topic(kafka, decisions)]
    assert [(one["position"], one["program"], one["kind"]) for one in told] == [
        (1, "everyone", "defined"),
        (2, "some", "defined"),
    ]
    newest: dict[tuple[str, str, str, int], tuple[int, str]] = {}
    for record in read_topic(kafka, topics.name(Topic.CONTRIBUTIONS)):
        said = json.loads(record.value)
        one = said["contribution"]
        assert record.key.decode() == one["program"]
        key = one["program"], one["wiki"], one["kind"], one["rev_id"]
        newest[key] = max(newest.get(key, (0, "")), (said["version"], "" if said["gone"] else one["verdict"]))
    rows, _ = store.connections.statement("SELECT program, wiki, kind, rev_id, verdict FROM contributions FINAL")
    assert {key: verdict for key, (_, verdict) in newest.items() if verdict} == {row[:4]: row[4] for row in rows}

    workers.all[0].kill()
    define(store, LATE)
    workers.start()
    wait(lambda: len(read_topic(kafka, decisions)) >= 3, workers, "what was decided meanwhile")
    assert [json.loads(record.value)["position"] for record in read_topic(kafka, decisions)] == [1, 2, 3]


def test_a_worker_says_how_it_goes_and_up_to_when_all_is_in(
    topics: TopicPlan, feed: Feed, workers: Workers, store: ClickHouseStore
) -> None:
    one = workers.start()
    total = feed.send(recording(1))
    until_done(workers, store, topics, total)
    feed.watermark(NOON)
    wait(lambda: store.freshness(lambda: NOON).as_of == NOON, workers, "the watermark")
    status, text = one.get("/health")
    assert (status, json.loads(text)["ok"]) == (200, True)
    metrics = one.get("/metrics")[1]
    assert "wikitally_rebalances_total 1.0" in metrics
    assert 'wikitally_log_lag{partition="0"} 0.0' in metrics
    assert one.stop() == 0
