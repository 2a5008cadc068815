"""Real parts that tests share: each kind of ClickHouse once a session, a database of its own for each test."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count

import pytest
from hypothesis import HealthCheck, settings

from ingest.kafka_admin import topic_admin
from ingest.kafka_target import KafkaTarget
from ingest.topics import TopicPlan
from storage.clickhouse import ClickHouseStore
from storage.embedded import Address
from storage.target import Target
from tests.kafka import Kafka, running_kafka
from tests.servers import Pair, Server, given_server, running_pair
from tests.store_pool import StorePool
from tests.stores import embedded_store

# A busy machine is no reason to fail.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("ci"), suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "patient")

BACKENDS = ("embedded", "given", "shards")
_numbers = count()
_prefixes = count()
_pool = StorePool()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--on", choices=BACKENDS, default="embedded", help="the kind of server that stores of tests are on"
    )


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """A running ClickHouse, for the whole session."""
    with embedded_store(tmp_path_factory.mktemp("clickhouse")) as address:
        yield address


@pytest.fixture(scope="session")
def given(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running ClickHouse of an older version that somebody else set up, for the whole session."""
    with given_server(tmp_path_factory.mktemp("given")) as server:
        yield server


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two running shards, for the whole session."""
    with running_pair(tmp_path_factory.mktemp("pair")) as shards:
        yield shards


@dataclass(frozen=True)
class NewStore:
    """Makes empty stores, each in a database of its own."""

    _make: Callable[[], ClickHouseStore]

    def __call__(self) -> ClickHouseStore:
        return self._make()

    def start_over(self) -> None:
        """Take back what this test has: it is at its next example."""
        _pool.take_back()


@pytest.fixture(scope="session")
def new_store(request: pytest.FixtureRequest) -> NewStore:
    """On the embedded server, unless `--on` says another."""
    return NewStore(lambda: store_on(request.config.getoption("--on"), request))


def store_on(backend: str, request: pytest.FixtureRequest) -> ClickHouseStore:
    """An empty store on a server of this kind, which is started when it is first asked for."""
    match backend:
        case "given":
            given: Server = request.getfixturevalue("given")
            given.revive()
            return _pool.lend(backend, lambda: Target.parse(given.new_database(_name())))
        case "shards":
            pair: Pair = request.getfixturevalue("pair")
            return _pool.lend(backend, lambda: Target.parse(pair.url(_name())))
    clickhouse: Address = request.getfixturevalue("clickhouse")
    return _pool.lend(backend, lambda: replace(Target.parse(clickhouse.url), database=_name()))


def _name() -> str:
    return f"test_{next(_numbers)}"


@pytest.fixture(params=BACKENDS)
def new_any_store(request: pytest.FixtureRequest) -> NewStore:
    """As `new_store`, on one of each kind of server in turn."""
    return NewStore(lambda: store_on(request.param, request))


@pytest.fixture
def any_store(new_any_store: NewStore) -> ClickHouseStore:
    """An empty store, on one of each kind of server in turn."""
    return new_any_store()


@pytest.fixture(autouse=True)
def _stores_come_back() -> Iterator[None]:
    _pool.keep()
    yield
    _pool.take_back()


@pytest.fixture
def store(new_store: NewStore) -> ClickHouseStore:
    """An empty store."""
    return new_store()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """One broker, for the whole session. A test that stops it starts it again."""
    with running_kafka(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture
def no_sockets_left() -> Iterator[None]:
    """kafka-python leaves sockets behind where a broker was away: collected while the test's own filters hold."""
    logger = logging.getLogger("kafka")
    # What it logs holds them, through tracebacks.
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(logging.NOTSET)
    gc.collect()


@pytest.fixture
def topics(kafka: Kafka, no_sockets_left: None) -> TopicPlan:
    """Empty topics, of a prefix of their own."""
    return new_topics(kafka)


def new_topics(kafka: Kafka) -> TopicPlan:
    """Topics of a prefix that no other test has."""
    plan = TopicPlan(prefix=f"test-{next(_prefixes)}.", partitions=3, replication=1)
    with topic_admin(KafkaTarget.parse(kafka.url)) as admin:
        admin.apply(admin.compare(plan.topics()))
    return plan
