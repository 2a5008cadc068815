"""Facts replaced in the log by others of the same ids: the one thing that is not appended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from processors.facts.facts import Fact
from storage.connection import Connections
from storage.fact_rows import COLUMNS, as_columns, aware, from_row

AT_ONCE = 10_000
_Item = TypeVar("_Item")


class _Row(NamedTuple):
    fact: Fact
    received_at: datetime
    fingerprint: int


def rewrite_facts(
    connections: Connections, rows: Iterable[Mapping[str, Any]], change: Callable[[Fact], Fact | None]
) -> int:
    """Replace facts by what `change` makes of them (None: nothing); return how many it changed.

    The copy is stored before the original goes, so that no fact is ever missing. Between the two both are there;
    repeat the call when it was broken off.

    Args:
        rows: rows of `facts` with `received_at` and a `fingerprint` of all that `change` may change.
    """
    total = 0
    for some in chunks((_row(row) for row in rows), AT_ONCE):
        changed = [(row, after) for row in some if (after := change(row.fact)) != row.fact]
        total += len(changed)
        if changed:
            _append(connections, [(after, row.received_at) for row, after in changed if after is not None])
            _delete(connections, [row for row, _ in changed])
    return total


def _row(row: Mapping[str, Any]) -> _Row:
    return _Row(from_row(row), aware(row["received_at"]), row["fingerprint"])


def _append(connections: Connections, facts: Sequence[tuple[Fact, datetime]]) -> None:
    rows = [tuple(column[0] for column in as_columns([fact], received_at)) for fact, received_at in facts]
    if rows:
        connections.insert("facts", COLUMNS, list(zip(*rows, strict=True)))


def _delete(connections: Connections, rows: Sequence[_Row]) -> None:
    params = {
        "users": tuple({row.fact.user or "" for row in rows}),
        "ids": tuple({row.fact.event_id for row in rows}),
        "fingerprints": tuple({row.fingerprint for row in rows}),
    }
    connections.everywhere("facts_delete", params)


def chunks(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """The items, so many at a time."""
    iterator = iter(items)
    while some := list(islice(iterator, size)):
        yield some
