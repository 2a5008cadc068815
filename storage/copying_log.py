"""Bringing the log of program events from one store into another that has its beginning, or nothing of it."""

from __future__ import annotations

from typing import Any

from processors.errors import InvalidInput
from storage.connection import Connections
from storage.fact_rewriting import chunks
from storage.program_log import COLUMNS, append_behind, rewrite_texts

_EVENTS_AT_ONCE = 1_000
_ID = COLUMNS.index("event_id")

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
    rewrite_texts(target, [(row[_ID], *row[4:7]) for row in changed])
    for some in chunks(source[len(there) :], _EVENTS_AT_ONCE):
        after = some[0][0] - 1
        if append_behind(target, some, after) != some[0][_ID]:
            raise InvalidInput(f"the target has just decided something by itself, at position {after + 1}")
