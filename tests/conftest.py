"""Real parts that tests share: one ClickHouse for the session, a database of its own for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

import pytest
from clickhouse_driver import Client

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


NewStore = Callable[[], ClickHouseStore]


_made: list[ClickHouseStore] = []


@pytest.fixture(scope="session")
def new_store(clickhouse: Address) -> Iterator[NewStore]:
    """Makes empty stores, each in a database of its own."""

    def make() -> ClickHouseStore:
        store = ClickHouseStore(replace(Target.parse(clickhouse.url), database=f"test_{next(_numbers)}"))
        _made.append(store)
        store.migrate()
        return store

    yield make
    _made.clear()


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """After each test its databases go: a server takes only so many connections, and merges what nobody reads."""
    before = len(_made)
    yield
    for store in _made[before:]:
        target = store.connections.target
        store.close()
        with Client(target.host, target.port, user=target.user, password=target.password) as client:
            for database in (target.analytics, target.database):
                client.execute(f"DROP DATABASE IF EXISTS {database}")
    del _made[before:]
    for store in _made:
        store.close()


@pytest.fixture
def store(new_store: NewStore) -> ClickHouseStore:
    """An empty store."""
    return new_store()
