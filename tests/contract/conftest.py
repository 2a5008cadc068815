"""What a store promises it promises on every kind of server."""

from __future__ import annotations

import pytest

from storage.clickhouse import ClickHouseStore


@pytest.fixture
def store(any_store: ClickHouseStore) -> ClickHouseStore:
    """An empty store, on one of each kind of server in turn."""
    return any_store
