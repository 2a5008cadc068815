"""The tables that make up a store, cut into buckets that can be compared and moved one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from storage.connection import Connections
from storage.target import quoted

LOG = "program_events"
NOT_DATA = frozenset({"schema_versions", "locks", "owners", "copies", "backups"})
"""What a database says of itself."""
FED = frozenset({"registrations", "activity_minutes"})
"""Inserting facts fills these too."""
_FIRST = ("checkpoints", "judged", "standings", "contributions", "ledger")
_LAST = (LOG, "facts", "registrations", "activity_minutes", "forgotten")
_ROWS_AT_ONCE = {"dead_letters": 500, "results": 50, "programs": 500, "activity_minutes": 5_000}
_BLOCK_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it is compared and moved."""

    name: str
    type: str

    @property
    def compared(self) -> str:
        """SQL; sets are kept as arrays whose order means nothing."""
        return f"arraySort({quoted(self.name)})" if "Array(" in self.type else quoted(self.name)

    @property
    def read(self) -> str:
        """SQL; times as the numbers that they are, which the driver reads and writes three times as fast."""
        if self.type.startswith("DateTime64("):
            return f"reinterpretAsInt64({quoted(self.name)})"
        return f"toUInt32({quoted(self.name)})" if self.type.startswith("DateTime") else quoted(self.name)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a store. Read it with FINAL."""

    name: str
    columns: tuple[Column, ...]
    bucket: str
    """SQL over the sorting key that says in which bucket a row is: a day, a program, or one for all."""

    @property
    def rows_at_once(self) -> int:
        """So many of its rows fit in memory."""
        return _ROWS_AT_ONCE.get(self.name, _BLOCK_ROWS)


def in_order(names: Sequence[str]) -> list[str]:
    """Tables in the order in which they are to be read beside whoever writes to them.

    What is derived comes before what it is derived from, the checkpoint before all: so whatever is written meanwhile
    is as after a crash, which reading on from the checkpoint mends. Facts come before what is filled by inserting them.
    """
    rest = sorted(set(names) - {*_FIRST, *_LAST})
    return [name for name in (*_FIRST, *rest, *_LAST) if name in names]


def tables_of(connections: Connections) -> dict[str, Table]:
    """All tables of a store but the log of program events, in order."""
    suffix = connections.target.layout.suffix
    rows = connections.rows("copy_columns", {"suffix": suffix})
    found = {name: _table(name, list(columns)) for name, columns in groupby(rows, lambda row: str(row[0]))}
    return {name: found[name] for name in in_order(list(found)) if name not in NOT_DATA | {LOG}}


def _table(name: str, rows: Sequence[tuple[str, str, str, str, bool]]) -> Table:
    columns = tuple(Column(column, kind) for _, column, kind, _, _ in rows)
    days = [column for _, column, kind, _, partitioned in rows if partitioned and kind.startswith("DateTime")]
    first_key = rows[0][3].partition(",")[0]
    if days:
        return Table(name, columns, f"toDate({quoted(days[0])})")
    return Table(name, columns, first_key if first_key == "program" else "''")
