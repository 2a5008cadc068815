"""A real ClickHouse for as long as a test needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from processors.programs.program import Program, Session
from processors.programs.states import ProgramState
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


def show(store: ClickHouseStore, *slugs: str, **more: Any) -> None:
    """Show public programs of these slugs, without a log; `more` are fields of `Program`."""
    at = datetime(2026, 11, 8, 14, tzinfo=UTC)
    base = Program("", "", sessions=(Session(at, at + timedelta(hours=3)),), wikis=("*",), open=True)
    programs = [replace(base, slug=slug, title=slug, **more) for slug in slugs]
    store.write_programs([ProgramState(one, one, version=1, created_at=at, changed_at=at) for one in programs])
