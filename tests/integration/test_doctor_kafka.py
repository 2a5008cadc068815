"""`wikitally doctor` looks at a real Kafka with real workers, some of them dead."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaConsumer

from deploy.cli.findings import Finding, State
from deploy.cli.log_findings import log_findings, stored_of
from deploy.settings import Settings, load_settings
from ingest.kafka_group import LogSeen, look_at_log
from ingest.kafka_target import KafkaTarget
from ingest.topics import TopicPlan
from storage.clickhouse import ClickHouseStore
from tests.acceptance.commands import wikitally
from tests.distributed import (
    NOON,
    Feed,
    Workers,
    clickhouse_of_nobody,
    ends,
    opened,
    processed,
    recording,
    wait,
)
from tests.kafka import Kafka, free_ports

pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed <s(ocket|sl):ResourceWarning"),
    pytest.mark.usefixtures("no_sockets_left"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty database on a ClickHouse that no worker owns."""
    with clickhouse_of_nobody(tmp_path_factory.mktemp("server"), "doctor") as one:
        yield one


@pytest.fixture
def store(url: str) -> Iterator[ClickHouseStore]:
    one = opened(url)
    yield one
    one.close()


def settings_for(kafka: Kafka, plan: TopicPlan) -> Settings:
    return load_settings(
        kafka_url=kafka.url,
        kafka_prefix=plan.prefix,
        kafka_partitions=plan.partitions,
        kafka_replication=plan.replication,
    )


def look(kafka: Kafka, plan: TopicPlan, store: ClickHouseStore | None) -> dict[str, Finding]:
    settings = settings_for(kafka, plan)
    stored = stored_of(store, settings) if store else None
    return {one.what: one for one in log_findings(settings, stored)}


def test_a_kafka_that_is_away_is_a_finding_and_the_others_are_looked_at_all_the_same(tmp_path: Path) -> None:
    away = f"kafka://127.0.0.1:{free_ports(1)[0]}"
    found = json.loads(
        wikitally(
            "doctor", "--json", "--data", tmp_path, code=1, WIKITALLY_KAFKA_URL=away, WIKITALLY_STREAM_URL="http://[::1]:1"
        )
    )  # fmt: skip
    by_name = {one["what"]: one for one in found}
    assert by_name["Kafka"]["state"] == "broken"
    assert away in by_name["Kafka"]["detail"]
    assert by_name["stream"]["state"] == "broken"
    assert "workers" not in by_name


def test_topics_that_are_missing_are_named_with_what_makes_them(kafka: Kafka) -> None:
    found = look(kafka, TopicPlan(prefix="nowhere.", partitions=3, replication=1), None)
    assert found["Kafka"].state is State.OK
    assert found["topics"].state is State.BROKEN
    assert "nowhere.facts: missing" in found["topics"].detail
    assert "wikitally topics apply" in found["topics"].detail
    assert "wikitally ingest" in found["ingest"].detail


def test_of_a_topic_that_differs_it_says_how(kafka: Kafka, topics: TopicPlan) -> None:
    found = look(kafka, TopicPlan(topics.prefix, partitions=5, replication=1), None)
    assert found["topics"].state is State.NOTE
    assert f"{topics.prefix}facts: partitions: 3, want 5" in found["topics"].detail
    assert found["workers"].state is State.NOTE


def test_workers_are_seen_at_work_and_one_that_died_is_missed(
    kafka: Kafka, topics: TopicPlan, url: str, store: ClickHouseStore, tmp_path: Path
) -> None:
    feed, workers = Feed(kafka, topics), Workers(kafka, topics, url, tmp_path)
    try:
        worker = workers.start()
        wait(lambda: bool(worker.said("judging")), workers, "a worker")
        total = feed.send(recording(3))
        feed.watermark(NOON)
        wait(lambda: processed(store, topics) >= total, workers, "all messages")
        at_noon = "up to 2026-11-25 12:00:00 UTC"
        wait(lambda: look(kafka, topics, store)["judged"].detail.startswith(at_noon), workers, "ingest's watermark")
        _is_well(look(kafka, topics, store))
        worker.kill()
        more = feed.send(recording(4))
        # Kafka takes it for alive until its session has run out; what waits for it is seen at once.
        assert look(kafka, topics, store)["log"].detail.startswith(f"{more:,} messages still to be judged")
        wait(lambda: not _seen(kafka, topics).group.there, workers, "the end of its session", patience=60)
        found = look(kafka, topics, store)
        assert found["workers"].state is State.BROKEN
        assert "wikitally work" in found["workers"].detail
        assert [row["lag"] for row in found["log"].rows] == [
            row["end"] - (row["next"] or 0) for row in found["log"].rows
        ]
        workers.start()
        wait(lambda: processed(store, topics) >= ends(kafka, topics), workers, "the one after it")
        assert look(kafka, topics, store)["workers"].state is State.OK
    finally:
        workers.close()
        feed.close()


def _seen(kafka: Kafka, plan: TopicPlan) -> LogSeen:
    return look_at_log(KafkaTarget.parse(kafka.url), plan)


def _is_well(found: dict[str, Finding]) -> None:
    wrong = [one for one in found.values() if one.state is not State.OK and one.what not in ("ingest", "judged")]
    assert wrong == []
    assert found["workers"].detail == "1: 127.0.0.1 with partitions 0-2"
    assert found["log"].detail == "0 messages still to be judged"
    assert found["owners"].detail == "1 worker"
    assert "recentchange: up to 2026-11-25 12:00:00 UTC" in found["ingest"].detail
    assert set(found) == {"Kafka", "topics", "ingest", "workers", "owners", "log", "judged", "clock"}


def test_who_has_no_partition_left_and_who_does_not_take_theirs_is_said(
    kafka: Kafka, topics: TopicPlan, store: ClickHouseStore
) -> None:
    """Four consumers that are no workers: Kafka sees them alike."""
    name = f"{topics.prefix}work"
    members = [
        KafkaConsumer(
            f"{topics.prefix}facts",
            bootstrap_servers=[broker.address for broker in kafka.brokers],
            group_id=name,
            enable_auto_commit=False,
        )
        for _ in range(4)
    ]
    try:
        while not _settled(kafka, topics, 4):
            for one in members:
                one.poll(timeout_ms=200)
        found = look(kafka, topics, store)
        assert found["workers"].state is State.NOTE
        assert "1 of them can do nothing: facts have 3 partitions" in found["workers"].detail
        assert found["owners"].state is State.NOTE
        assert "partitions 0-2 not taken over yet" in found["owners"].detail
    finally:
        for one in members:
            one.close()


def _settled(kafka: Kafka, plan: TopicPlan, members: int) -> bool:
    group = _seen(kafka, plan).group
    return group.state == "Stable" and len(group.members) == members
