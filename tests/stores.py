"""A real ClickHouse for as long as a test needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.clickhouse import ClickHouseStore
from storage.embedded import Address, EmbeddedServer
from storage.program_log import ClickHouseProgramLog


@contextmanager
def embedded_store(directory: Path) -> Iterator[Address]:
    """A running embedded server on `directory`."""
    with EmbeddedServer(directory) as server:
        yield server.start()


def log_of(store: ClickHouseStore) -> ClickHouseProgramLog:
    """The program events that are kept beside a store."""
    return ClickHouseProgramLog(store.connections)
