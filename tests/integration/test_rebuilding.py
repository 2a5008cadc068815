"""When the books or the log are lost: what was judged comes out the same, and nothing of a new log is passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.kafka_admin import TopicAdmin, admin_client
from ingest.kafka_target import KafkaTarget
from ingest.topics import Topic, TopicPlan
from storage.clickhouse import ClickHouseStore
from tests.deploying import DEPLOY, text
from tests.distributed import (
    Feed,
    Workers,
    clickhouse_of_nobody,
    difference,
    opened,
    processed,
    recording,
    tables,
    wait,
)
from tests.kafka import Kafka

pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed <s(ocket|sl):ResourceWarning"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with clickhouse_of_nobody(tmp_path_factory.mktemp("server"), "rebuilt") as one:
        yield one


@pytest.fixture
def store(url: str) -> Iterator[ClickHouseStore]:
    one = opened(url)
    yield one
    one.close()


def rebuild(store: ClickHouseStore) -> None:
    script = re.sub(r"^--.*$", "", text(DEPLOY / "clickhouse" / "rebuild.sql"), flags=re.MULTILINE)
    for statement in filter(str.strip, script.split(";")):
        store.connections.command(statement)


def test_what_was_judged_can_be_thrown_away_and_comes_out_the_same(
    kafka: Kafka, topics: TopicPlan, url: str, store: ClickHouseStore, tmp_path: Path
) -> None:
    feed, workers = Feed(kafka, topics), Workers(kafka, topics, url, tmp_path)
    try:
        first = workers.start()
        total = feed.send(recording(4))
        wait(lambda: processed(store, topics) >= total, workers, "all messages")
        before = tables(store)
        assert first.stop() == 0
        rebuild(store)
        assert [name for name, rows in tables(store).items() if rows.startswith("0 rows")] != []
        assert processed(store, topics) == 0
        workers.start()
        wait(lambda: processed(store, topics) >= total, workers, "all messages, again")
        wait(lambda: set(store.books()) == {"everyone", "some"}, workers, "all books")
        assert difference(tables(store), before) == []
    finally:
        workers.close()
        feed.close()


def test_of_a_topic_that_was_made_anew_nothing_is_passed_over(
    kafka: Kafka, topics: TopicPlan, url: str, store: ClickHouseStore, tmp_path: Path
) -> None:
    facts = topics.name(Topic.FACTS)
    feed, workers = Feed(kafka, topics), Workers(kafka, topics, url, tmp_path)
    try:
        first = workers.start()
        total = feed.send(recording(4))
        wait(lambda: processed(store, topics) >= total, workers, "all messages")
        assert first.stop() == 0
        feed.close()
        with admin_client(KafkaTarget.parse(kafka.url)) as client:
            client.delete_topics([facts])
            admin = TopicAdmin(client)
            wait(lambda: facts not in admin.find(topics.topics()), workers, "the end of the topic")
            admin.apply(admin.compare(topics.topics()))
        feed = Feed(kafka, topics)
        feed.send(list(recording(5))[total:])
        before = facts_of(store)
        workers.start()
        wait(lambda: facts_of(store) == before // 4 * 5, workers, "what is new")
        assert workers.all[-1].said(
            "the log ends before what is stored of it; was its topic made anew? All of it is read"
        )
    finally:
        workers.close()
        feed.close()


def facts_of(store: ClickHouseStore) -> int:
    ((number,),), _ = store.connections.statement("SELECT count() FROM facts FINAL")
    return int(number)
