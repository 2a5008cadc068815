"""The runbook "Rebuild from the log": what was judged is thrown away, and comes out the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.programs.applying import apply_programs
from ingest.topics import TopicPlan
from processors.programs.definitions import parse_programs
from storage.clickhouse import ClickHouseStore
from storage.target import Target
from tests.deploying import DEPLOY, text
from tests.distributed import PROGRAMS, Feed, Workers, difference, processed, recording, tables, wait
from tests.kafka import Kafka
from tests.servers import Server
from tests.stores import log_of

pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed <s(ocket|sl):ResourceWarning"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server.new_database("rebuilt")
    server.kill()


@pytest.fixture
def store(url: str) -> Iterator[ClickHouseStore]:
    one = ClickHouseStore(Target.parse(url))
    one.migrate()
    apply_programs(log_of(one), parse_programs(PROGRAMS, source="tests"))
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
