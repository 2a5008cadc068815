"""A whole store into another: bucket by bucket, only what differs, so that it can be broken off and repeated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from processors.errors import InvalidInput
from storage.copying_log import bring_log, check_prefix, log_rows
from storage.copying_streams import Fingerprint, Streams
from storage.copying_tables import FED, LOG, Table, in_order, tables_of
from storage.locks import Locks, held

LEASE_SECONDS, PATIENCE = 15, 20.0
"""For so long a copy that was killed keeps others away; so long they wait."""
PIECE_ROWS = 500_000
PIECE_BUCKETS = 500
"""An insert may touch so many partitions only, and the days of many years are many."""


class Told(Protocol):
    """Whoever shows how far it is."""

    def on_step(self, what: str) -> None:
        """What begins now: comparing facts."""

    def on_total(self, rows: int) -> None:
        """So many rows are to be copied, as far as is known."""

    def on_rows(self, rows: int) -> None:
        """So many more have been read; a negative number: so many less, they come again."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done about the buckets of a table that differ."""

    stale: list[str]
    """To be deleted from the target."""
    wanted: dict[str, int]
    """To be copied, with how many rows each has."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A table on both sides, after the copy."""

    table: str
    source: Fingerprint
    target: Fingerprint

    @property
    def equal(self) -> bool:
        """The same rows on both sides."""
        return self.source == self.target


def copy_store(source: Streams, target: Streams, told: Told, *, patience: float = PATIENCE) -> list[Compared]:
    """Make the target what the source is, and compare the two. Both are migrated, nobody runs on the target.

    Whoever runs on the source may go on; repeat it when they have stopped. A bucket that is the same on both sides
    is left alone, so a copy that was broken off goes on where it was.

    Args:
        patience: so many seconds it waits for another copy into the target; one that was killed is soon forgotten.

    Raises:
        InvalidInput: the target is no place for it; nothing was changed.
        StoreUnavailable: one of the two is away; repeat it.
    """
    with held(Locks(target), "copy", seconds=LEASE_SECONDS, patience=patience):
        told.on_step("comparing")
        tables = _same_tables(source, target)
        _claim(source, target, tables)
        Copying(source, target, tables, told).run()
        told.on_step("comparing both sides")
        return [*(_compared(table, source, target) for table in tables.values()), _compared_logs(source, target)]


class Copying:
    """One round over all tables."""

    def __init__(self, source: Streams, target: Streams, tables: Mapping[str, Table], told: Told) -> None:
        self._source = source
        self._target = target
        self._tables = tables
        self._told = told
        self._total = 0

    def run(self) -> None:
        """Copy what differs."""
        plans = {name: self._plan(table) for name, table in self._tables.items() if name not in FED}
        for name in in_order([*self._tables, LOG]):
            if name == LOG:
                bring_log(log_rows(self._source), self._target)
            else:
                self._copy(self._tables[name], plans.get(name) or self._plan(self._tables[name]))

    def _plan(self, table: Table) -> Plan:
        self._told.on_step(f"comparing {table.name}")
        ours, theirs = self._source.fingerprints(table), self._target.fingerprints(table)
        differing = sorted(bucket for bucket in ours.keys() | theirs.keys() if ours.get(bucket) != theirs.get(bucket))
        plan = Plan(
            stale=[bucket for bucket in differing if bucket in theirs],
            wanted={bucket: ours[bucket].rows for bucket in differing if bucket in ours},
        )
        self._total += sum(plan.wanted.values())
        self._told.on_total(self._total)
        return plan

    def _copy(self, table: Table, plan: Plan) -> None:
        self._told.on_step(f"copying {table.name}")
        self._target.delete(table, plan.stale)
        for piece in pieces(plan.wanted):
            self._target.write(table, partial(self._source.read, table, piece, self._told.on_rows))


def pieces(buckets: Mapping[str, int]) -> Iterator[list[str]]:
    """Buckets (with their numbers of rows) put together to inserts that are worth it, in their order."""
    piece: list[str] = []
    total = 0
    for bucket, rows in buckets.items():
        if piece and (total + rows > PIECE_ROWS or len(piece) >= PIECE_BUCKETS):
            yield piece
            piece, total = [], 0
        piece.append(bucket)
        total += rows
    if piece:
        yield piece


def _same_tables(source: Streams, target: Streams) -> dict[str, Table]:
    tables, there = tables_of(source), tables_of(target)
    if tables != there:
        names = sorted(name for name in tables.keys() | there.keys() if tables.get(name) != there.get(name))
        raise InvalidInput(
            f"the tables {', '.join(names)} differ between source and target: "
            "bring both to this version of wikitally first"
        )
    return tables


def _claim(source: Streams, target: Streams, tables: Mapping[str, Table]) -> None:
    """Be sure that the target is empty or an earlier copy of this source, and let it say so."""
    identity = source.identity()
    if identity == target.identity():
        raise InvalidInput("source and target are the same store")
    sources = {row[0] for row in target.rows("copy_sources")}
    if sources - {identity}:
        raise InvalidInput(f"{target.target!r} holds a copy of another store; name an empty database")
    log, there = log_rows(source), log_rows(target)
    if sources:
        check_prefix(log, there)
        ((ours,),), ((theirs,),) = source.rows("newest_version"), target.rows("newest_version")
        if theirs > ours:
            raise InvalidInput(
                f"{target.target!r} has gone on by itself since it was copied; what it counted would be lost"
            )
    elif there or any(target.fingerprints(table) for table in tables.values()):
        raise InvalidInput(f"{target.target!r} holds another store's data; name an empty database")
    target.insert("copies", ("source",), [[identity]])


def _compared(table: Table, source: Streams, target: Streams) -> Compared:
    return Compared(table.name, *(_total(side.fingerprints(table)) for side in (source, target)))


def _compared_logs(source: Streams, target: Streams) -> Compared:
    ours, theirs = log_rows(source), log_rows(target)
    return Compared(LOG, Fingerprint(len(ours), 0), Fingerprint(len(theirs), int(ours != theirs)))


def _total(buckets: Mapping[str, Fingerprint]) -> Fingerprint:
    return Fingerprint(sum(one.rows for one in buckets.values()), sum(one.hash for one in buckets.values()) % (1 << 64))
