"""A real ClickHouse for as long as a test needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.embedded import Address, EmbeddedServer


@contextmanager
def embedded_store(directory: Path) -> Iterator[Address]:
    """A running embedded server on `directory`."""
    with EmbeddedServer(directory) as server:
        yield server.start()
