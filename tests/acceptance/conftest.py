"""A world of its own for each test of the talk page."""

from __future__ import annotations

import pytest

from storage.clickhouse import ClickHouseStore
from tests.acceptance.world import World, day


@pytest.fixture
def world(store: ClickHouseStore) -> World:
    """An empty store on the first day of 2020."""
    return World(store, day(1, 1))
