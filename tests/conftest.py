"""Real parts that tests share: one ClickHouse for the session, a database of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest

from storage.clickhouse import ClickHouseStore
from storage.connection import Target
from storage.embedded import Address
from tests.stores import embedded_store

_numbers = count()


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """A running ClickHouse, for the whole session."""
    with embedded_store(tmp_path_factory.mktemp("clickhouse")) as address:
        yield address


def fresh_store(clickhouse: Address) -> ClickHouseStore:
    """An empty store in a database of its own."""
    target = replace(Target.parse(clickhouse.url), database=f"test_{next(_numbers)}")
    store = ClickHouseStore(target)
    store.migrate()
    return store


@pytest.fixture
def store(clickhouse: Address) -> Iterator[ClickHouseStore]:
    store = fresh_store(clickhouse)
    yield store
    store.close()
