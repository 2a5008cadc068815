"""However programs and facts come, and whenever: the books end as if all had been there from the start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.counting.reprojecting import Names, Range
from deploy.counting.worker import Worker
from deploy.programs.applying import apply_programs
from ingest.tracking import PositionTracker
from processors.errors import StoreUnavailable
from processors.facts.facts import Edit, Fact
from processors.metrics import NoMetrics
from processors.programs.commands import Delete, Restore
from processors.programs.commits import commit, draft
from processors.programs.program import ExcludedRevision, Exclusions, Participant, Period, Program, Session
from storage.clickhouse import ClickHouseStore
from tests.batches import take as take_decoded
from tests.conftest import NewStore
from tests.histories import START, WIKI, deleted, deliveries, edit, histories, moved, renamed
from tests.stores import log_of
from tests.unit.test_affected import PROGRAM, SOME_PROGRAM

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def worker_over(store: ClickHouseStore) -> Worker:
    worker = Worker(store, log_of(store), PositionTracker("s", None), metrics=NoMetrics(), clock=lambda: NOW)
    worker.load()
    return worker


def take(worker: Worker, facts: Sequence[Fact]) -> None:
    take_decoded(worker, facts, NOW)


def contents(store: ClickHouseStore) -> dict[str, list[tuple[Any, ...]]]:
    columns = "* EXCEPT (version)"
    statements = {
        "contributions": f"SELECT {columns} FROM contributions FINAL ORDER BY program, wiki, kind, rev_id",
        "standings": f"SELECT {columns} FROM standings FINAL WHERE edits + uploads > 0 ORDER BY program, user",
    }
    return {name: store.connections.statement(sql)[0] for name, sql in statements.items()}


def books_now_and_by_the_ledger(store: ClickHouseStore) -> tuple[list[Any], list[Any]]:
    names = "program, user, wiki, kind, rev_id, verdict, title, namespace, byte_delta, created, reverted, action"
    order = "ORDER BY user, wiki, kind, rev_id"
    now, _ = store.connections.statement(f"SELECT {names} FROM contributions FINAL WHERE program = 'p' {order}")
    latest = 2**63
    ledger, _ = store.connections.statement(f"SELECT {names} FROM books_at(program = 'p', as_of = {latest}) {order}")
    return now, ledger


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Fact], list[list[Fact]], list[Program]]:
    facts = draw(histories())
    return facts, draw(deliveries(facts)), draw(st.lists(SOME_PROGRAM, min_size=1, max_size=4))


@given(stories(), st.data())
@settings(max_examples=25, deadline=None)
def test_live_and_reprojected_books_are_equal(
    new_store: NewStore, story: tuple[list[Fact], list[list[Fact]], list[Program]], data: st.DataObject
) -> None:
    facts, batches, versions = story
    new_store.start_over()
    whole = new_store()
    apply_programs(log_of(whole), [versions[-1]])
    take(worker_over(whole), facts)

    store = new_store()
    worker = worker_over(store)
    left = list(versions)
    for batch in batches:
        changes: bool = data.draw(st.booleans(), label="the program changes")
        if left and changes:
            apply_programs(log_of(store), [replace(left.pop(0), title="Changed")])
            worker.load()
        for _ in range(data.draw(st.integers(0, 2), label="pieces judged")):
            worker.work()
        if data.draw(st.integers(0, 5), label="restart") == 0:
            worker = worker_over(store)
        take(worker, batch)
    apply_programs(log_of(store), [versions[-1]])
    worker.catch_up()
    assert contents(store) == contents(whole)
    now, by_the_ledger = books_now_and_by_the_ledger(store)
    assert now == by_the_ledger


def decide(store: ClickHouseStore, command: Delete | Restore) -> None:
    commit(log_of(store), lambda states: draft(states, [command], at=NOW, actor="", new_id=lambda: repr(command)))


BEN = replace(PROGRAM, participants=(Participant("Ada"), Participant("Ben")))


def verdicts(store: ClickHouseStore) -> dict[tuple[str, int], str]:
    rows, _ = store.connections.statement("SELECT user, rev_id, verdict FROM contributions FINAL")
    return {(user, rev_id): verdict for user, rev_id, verdict in rows}


def edits_by_user(store: ClickHouseStore) -> dict[str, int]:
    rows, _ = store.connections.statement("SELECT user, edits FROM standings FINAL WHERE edits > 0")
    return dict(rows)


def ledger(store: ClickHouseStore) -> list[tuple[Any, ...]]:
    rows, _ = store.connections.statement(
        "SELECT user, rev_id, before, verdict, gone, cause_kind FROM ledger FINAL ORDER BY version, rev_id"
    )
    return rows


@pytest.fixture
def ready(store: ClickHouseStore) -> tuple[ClickHouseStore, Worker]:
    apply_programs(log_of(store), [PROGRAM])
    worker = worker_over(store)
    take(worker, [edit(1, "A"), edit(2, "A", "Ben"), edit(3, "B"), edit(4, "B", "Eve")])
    return store, worker


def test_who_is_enrolled_late_counts_from_the_start_and_only_they_are_written(
    ready: tuple[ClickHouseStore, Worker],
) -> None:
    store, worker = ready
    apply_programs(log_of(store), [BEN])
    worker.catch_up()
    assert verdicts(store) == {("Ada", 5001): "counted", ("Ben", 5002): "counted", ("Ada", 5003): "counted"}
    assert ledger(store) == [
        ("Ada", 5001, "", "counted", 0, "edit"),
        ("Ada", 5003, "", "counted", 0, "edit"),
        ("Ben", 5002, "", "counted", 0, "program/changed"),
    ]


def test_who_leaves_for_good_leaves_the_books_and_comes_back_into_them(ready: tuple[ClickHouseStore, Worker]) -> None:
    store, worker = ready
    apply_programs(log_of(store), [replace(PROGRAM, participants=(Participant("Ada", periods=()),))])
    worker.catch_up()
    assert verdicts(store) == {}
    assert edits_by_user(store) == {}
    apply_programs(log_of(store), [PROGRAM])
    worker.catch_up()
    assert edits_by_user(store) == {"Ada": 2}
    assert [(line[1], line[4]) for line in ledger(store)] == [
        (5001, 0), (5003, 0), (5001, 1), (5003, 1), (5001, 0), (5003, 0),
    ]  # fmt: skip


def test_a_late_fact_leaves_a_line_that_names_it(ready: tuple[ClickHouseStore, Worker]) -> None:
    store, worker = ready
    take(worker, [deleted(9, "B")])
    take(worker, [moved(10, "A", "User:Ada/Draft")])
    assert ledger(store)[2:] == [
        ("Ada", 5003, "counted", "page_deleted", 0, "delete/delete"),
        ("Ada", 5001, "counted", "namespace_not_tracked", 0, "move/move"),
    ]


def test_a_rename_moves_the_books_to_the_new_name(ready: tuple[ClickHouseStore, Worker]) -> None:
    store, worker = ready
    take(worker, [renamed(9, "Ada", "Lovelace"), edit(11, "C", "Lovelace")])
    assert set(verdicts(store)) == {("Lovelace", 5001), ("Lovelace", 5003), ("Lovelace", 5011)}
    assert edits_by_user(store) == {"Lovelace": 3}


def test_a_single_revision_is_excluded_without_reading_the_rest(
    ready: tuple[ClickHouseStore, Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, worker = ready
    for reading in ("actions_between", "actions_of_users", "acting_users", "entries_between"):
        monkeypatch.setattr(store, reading, lambda *args: pytest.fail("more was read than the slice"))
    exclude = Exclusions(revisions=(ExcludedRevision(WIKI, 5001, "copied"),))
    apply_programs(log_of(store), [replace(PROGRAM, exclude=exclude)])
    worker.catch_up()
    assert verdicts(store)["Ada", 5001] == "manually_excluded"


def test_what_happens_while_a_program_is_deleted_counts_when_it_is_restored(
    ready: tuple[ClickHouseStore, Worker],
) -> None:
    store, worker = ready
    decide(store, Delete("p"))
    worker.load()
    take(worker, [edit(20, "A")])
    assert ("Ada", 5020) not in verdicts(store)
    decide(store, Restore("p"))
    worker.catch_up()
    assert verdicts(store)["Ada", 5020] == "counted"


def test_a_restart_between_delete_and_restore_forgets_nothing(ready: tuple[ClickHouseStore, Worker]) -> None:
    store, worker = ready
    for command in (Delete("p"), Restore("p")):
        decide(store, command)
        worker = worker_over(store)
        take(worker, [edit(30, "A")])
    worker.catch_up()
    assert verdicts(store)["Ada", 5030] == "counted"


@pytest.mark.parametrize("late", [False, True])
def test_a_crash_before_the_standings_leaves_them_to_the_next_start(
    late: bool, ready: tuple[ClickHouseStore, Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, worker = ready
    monkeypatch.setattr(store, "refresh_standings", lambda keys, version: pytest.fail("killed"))
    if late:
        apply_programs(log_of(store), [BEN])
    with pytest.raises(pytest.fail.Exception, match="killed"):
        worker.catch_up() if late else take(worker, [edit(9, "A")])
    monkeypatch.undo()
    assert edits_by_user(store) == {"Ada": 2}
    worker_over(store).catch_up()
    assert edits_by_user(store) == ({"Ada": 2, "Ben": 1} if late else {"Ada": 3})


@pytest.mark.parametrize("late", [False, True])
def test_a_repetition_sums_up_what_was_only_entered_before_it(
    late: bool, ready: tuple[ClickHouseStore, Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in the books already is no change, and whoever goes on without a restart finishes nothing at a start."""
    store, worker = ready

    def away(*_: object) -> None:
        raise StoreUnavailable("for a moment")

    def try_it() -> None:
        worker.catch_up() if late else take(worker, [deleted(9, "A")])

    if late:
        apply_programs(log_of(store), [BEN])
    monkeypatch.setattr(store, "refresh_standings", away)
    with pytest.raises(StoreUnavailable):
        try_it()
    monkeypatch.undo()
    try_it()
    assert edits_by_user(store) == ({"Ada": 2, "Ben": 1} if late else {"Ada": 1})


def test_large_slices_are_cut_into_pieces_by_name_and_the_renamed_are_one(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.counting.reprojecting.ACTIONS_OF_A_PIECE", 3)
    everyone = replace(PROGRAM, open=True)
    users = [f"User {letter}" for letter in "ABCDEFG"]
    edits: list[Edit] = [edit(number, "A", users[number % 7]) for number in range(14)]
    store.append([*edits, renamed(20, "User C", "User Z")], NOW)
    apply_programs(log_of(store), [everyone])
    worker = worker_over(store)
    (task,) = worker._following._large.values()
    pieces = task.reprojection.pieces()
    assert Names(frozenset({"User C", "User Z"})) in pieces
    assert len([piece for piece in pieces if isinstance(piece, Range)]) == 6
    worker.catch_up()
    found = verdicts(store)
    assert len(found) == 14
    assert {user for user, _ in found} == {*users, "User Z"} - {"User C"}


def test_a_session_that_ends_earlier_takes_out_what_came_after(ready: tuple[ClickHouseStore, Worker]) -> None:
    store, worker = ready
    take(worker, [edit(9, "A")])
    short = replace(PROGRAM, sessions=(Session(START, START + timedelta(seconds=2)),))
    apply_programs(log_of(store), [short])
    worker.catch_up()
    assert set(verdicts(store)) == {("Ada", 5001), ("Ada", 5003)}


def test_membership_has_an_end(ready: tuple[ClickHouseStore, Worker]) -> None:
    store, worker = ready
    until = Participant("Ada", periods=(Period(None, START + timedelta(seconds=1)),))
    apply_programs(log_of(store), [replace(PROGRAM, participants=(until,))])
    worker.catch_up()
    assert set(verdicts(store)) == {("Ada", 5001)}
