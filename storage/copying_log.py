"""Bringing the log of program events from one store into another that has its beginning, or nothing of it."""

from __future__ import annotations

from typing import Any

from processors.errors import InvalidInput, StoreUnavailable
from storage.connection import Connections

_COLUMNS = ("position", "program", "version", "kind", "payload", "actor", "reason", "event_id", "recorded_at")
_EVENTS_AT_ONCE = 1_000
_ATTEMPTS = 5
_ID = _COLUMNS.index("event_id")

Row = tuple[Any, ...]


def log_rows(store: Connections) -> list[Row]:
    """The log of a store, in order, as it is stored."""
    return store.rows("copy_log")


def check_prefix(source: list[Row], target: list[Row]) -> None:
    """Be sure that the target has decided nothing by itself.

    Raises:
        InvalidInput: it has; the message names the first such decision.
    """
    for place, row in enumerate(target):
        if place >= len(source) or source[place][_ID] != row[_ID]:
            raise InvalidInput(
                f"the target has a decision about {row[1]} at position {row[0]} that the source does not have: "
                "it has gone on by itself, or is another store"
            )


def bring_log(source: list[Row], target: Connections) -> None:
    """Append what the target lacks, and let it say what the source says, from which people may have been taken out.

    Raises:
        InvalidInput: the target has decided something by itself.
        StoreUnavailable: the target is away; repeat it.
    """
    there = log_rows(target)
    check_prefix(source, there)
    changed = [new for old, new in zip(there, source, strict=False) if old != new]
    for some in _parts(changed, 20):
        params = {
            "ids": [row[_ID] for row in some],
            "payloads": [row[4] for row in some],
            "actors": [row[5] for row in some],
            "reasons": [row[6] for row in some],
        }
        target.everywhere("program_events_rewrite", params)
    for some in _parts(source[len(there) :], _EVENTS_AT_ONCE):
        _append(target, some)


def _append(target: Connections, rows: list[Row]) -> None:
    """One insert is one part; its token is the one that whoever else decided here would use."""
    columns = list(zip(*rows, strict=True))
    after = rows[0][0] - 1
    for attempt in range(_ATTEMPTS):
        settings = {"insert_deduplicate": 1, "insert_deduplication_token": f"after:{after}:{attempt}"}
        target.insert("program_events", _COLUMNS, columns, settings)
        standing = target.rows("program_events_at", {"position": after + 1})
        if standing:
            if standing[0][0] != rows[0][_ID]:
                raise InvalidInput(f"the target has just decided something by itself, at position {after + 1}")
            return
    raise StoreUnavailable(f"ClickHouse takes no program event behind position {after}")


def _parts(rows: list[Row], size: int) -> list[list[Row]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]
