"""A Kafka that tests share, with topics of its own for each."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from itertools import count

import pytest

from ingest.kafka_admin import topic_admin
from ingest.kafka_target import KafkaTarget
from ingest.topics import TopicPlan
from tests.kafka import Kafka, running_kafka

_numbers = count()


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
    plan = TopicPlan(prefix=f"test-{next(_numbers)}.", partitions=3, replication=1)
    with topic_admin(KafkaTarget.parse(kafka.url)) as admin:
        admin.apply(admin.compare(plan.topics()))
    return plan
