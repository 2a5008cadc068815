"""A store copied into another, between every two kinds of server that there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from deploy.cli.forgetting import find, forget
from processors.errors import InvalidInput, StoreUnavailable
from processors.programs.commands import Join
from storage.clickhouse import ClickHouseStore
from storage.copying import copy_store
from storage.copying_streams import Rows, Streams
from storage.copying_tables import Table
from storage.locks import Locks, held
from tests.acceptance.world import World
from tests.conftest import NewStore
from tests.copied import LINES, NOON, everything, fill
from tests.stores import log_of, show


class Seen:
    """Counts what is copied."""

    def __init__(self) -> None:
        self.rows = 0
        self.total = 0

    def on_step(self, what: str) -> None:
        return

    def on_total(self, rows: int) -> None:
        self.total = rows

    def on_rows(self, rows: int) -> None:
        self.rows += rows


def copy(source: ClickHouseStore, target: ClickHouseStore) -> Seen:
    """Copy, to equality."""
    seen = Seen()
    with streams(source) as ours, streams(target) as theirs:
        compared = copy_store(ours, theirs, seen, patience=0.5)
    assert [one.table for one in compared if not one.equal] == []
    assert seen.rows == seen.total
    return seen


@contextmanager
def streams(store: ClickHouseStore) -> Iterator[Streams]:
    made = Streams(store.connections.target)
    try:
        yield made
    finally:
        made.close()


def test_a_copy_holds_all_that_its_source_holds_on_every_kind_of_server(
    store: ClickHouseStore, any_store: ClickHouseStore, new_store: NewStore
) -> None:
    fill(store)
    expected = everything(store)
    assert [name for name, rows in expected.items() if not rows] == [], "a table that is empty proves nothing"
    copy(store, any_store)
    assert everything(any_store) == expected
    back = new_store()
    copy(any_store, back)
    assert everything(back) == expected


def test_a_copy_goes_on_counting_where_its_source_stopped(store: ClickHouseStore, any_store: ClickHouseStore) -> None:
    world = fill(store)
    copy(store, any_store)
    moved = World(any_store, world.now)
    for one in (world, moved):
        one.decide(Join("enrolled", "Chén Xiǎomíng", since=NOON - timedelta(hours=12)))
        one.read_events(LINES[850:])
    left, right = ({**everything(one.store)} for one in (world, moved))
    for timed in ("facts", "ledger", "contributions", "standings", "checkpoints", "program_events", "programs"):
        assert len(left.pop(timed)) == len(right.pop(timed))
    assert left == right
    for slug in ("everyone", "enrolled"):
        assert moved.board(slug)["standings"] == world.board(slug)["standings"] != []


def test_a_copy_is_brought_up_to_date_by_what_changed(new_store: NewStore) -> None:
    source, target = new_store(), new_store()
    world = fill(source)
    first = copy(source, target)
    assert copy(source, target).rows == 0
    world.read_events(LINES[900:910])
    again = copy(source, target)
    assert 0 < again.rows < first.rows + 50
    assert everything(target) == everything(source)


def test_what_is_gone_from_the_source_goes_from_its_copy(store: ClickHouseStore, any_store: ClickHouseStore) -> None:
    fill(store)
    copy(store, any_store)
    person = "Aïcha Benali"
    assert person in repr(everything(any_store))
    forget(store, log_of(store), find(store, log_of(store), person).person, NOON + timedelta(days=1))
    copy(store, any_store)
    assert everything(any_store) == everything(store)
    assert person not in repr(everything(any_store))


def test_a_copy_that_broke_off_anywhere_goes_on_from_there(
    new_store: NewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The target goes away after so many rows of so many tables."""
    source = new_store()
    fill(source)
    expected = everything(source)
    write, moved = Streams.write, Seen()
    target = new_store()
    for number in range(1, 6):
        left = number

        def breaking(self: Streams, table: Table, rows: Callable[[], Rows]) -> None:
            nonlocal left
            left -= 1
            write(self, table, rows if left else lambda: _half(rows()))

        monkeypatch.setattr(Streams, "write", breaking)
        with pytest.raises(StoreUnavailable), streams(source) as ours, streams(target) as theirs:
            copy_store(ours, theirs, moved)
    monkeypatch.undo()
    copy(source, target)
    assert everything(target) == expected


def _half(rows: Rows) -> Rows:
    yield from list(rows)[::2]
    raise StoreUnavailable("it went away")


def test_a_target_with_data_of_its_own_is_refused(new_store: NewStore) -> None:
    source, target = new_store(), new_store()
    fill(source)
    World(target, NOON).read_events(LINES[:10])
    before = everything(target)
    with pytest.raises(InvalidInput, match="holds another store's data; name an empty database"):
        copy(source, target)
    assert everything(target) == before


def test_a_target_where_only_something_was_decided_is_refused(new_store: NewStore) -> None:
    source, target = new_store(), new_store()
    World(target, NOON).commands.carry_out([], actor="Olga")
    fill(target)
    with pytest.raises(InvalidInput, match="another store's data"):
        copy(source, target)


def test_a_copy_of_another_store_is_refused(new_store: NewStore) -> None:
    one, other, target = new_store(), new_store(), new_store()
    copy(one, target)
    with pytest.raises(InvalidInput, match="holds a copy of another store"):
        copy(other, target)


def test_a_copy_that_has_counted_by_itself_is_refused(new_store: NewStore) -> None:
    source, target = new_store(), new_store()
    world = fill(source)
    copy(source, target)
    World(target, world.now + timedelta(hours=1)).read_events(LINES[900:])
    before = everything(target)
    with pytest.raises(InvalidInput, match="has gone on by itself"):
        copy(source, target)
    assert everything(target) == before


def test_a_copy_in_which_something_was_decided_is_refused(new_store: NewStore) -> None:
    source, target = new_store(), new_store()
    world = fill(source)
    copy(source, target)
    World(target, world.now).commands.carry_out([Join("enrolled", "Dora")], actor="Olga")
    with pytest.raises(InvalidInput, match="a decision about enrolled at position"):
        copy(source, target)


def test_a_store_is_not_copied_into_itself(store: ClickHouseStore) -> None:
    with pytest.raises(InvalidInput, match="the same store"):
        copy(store, store)


def test_stores_of_different_versions_are_not_mixed(new_store: NewStore) -> None:
    source, target = new_store(), new_store()
    source.connections.command("ALTER TABLE facts ADD COLUMN mood String")
    with pytest.raises(InvalidInput, match="the tables facts differ"):
        copy(source, target)


def test_two_copies_into_one_target_do_not_meet(new_store: NewStore) -> None:
    source, target = new_store(), new_store()
    with held(Locks(target.connections), "copy"), pytest.raises(InvalidInput, match="holds the lock"):
        copy(source, target)


def test_a_server_that_is_away_is_said_to_be_so(store: ClickHouseStore) -> None:
    nowhere = ClickHouseStore(replace(store.connections.target, port=1))
    with pytest.raises(StoreUnavailable):
        copy(store, nowhere)


def test_programs_that_are_shown_without_a_log_are_copied_too(new_store: NewStore) -> None:
    source, target = new_store(), new_store()
    show(source, "one", "two")
    copy(source, target)
    assert len(everything(target)["programs"]) == 2
