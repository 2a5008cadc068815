"""A preview over a real store says what applying then does, and writes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.counting.worker import Worker
from deploy.programs.applying import apply_programs
from deploy.programs.previewing import Step, preview
from ingest.tracking import PositionTracker
from processors.facts.facts import Fact
from processors.judging.judge import Verdict
from processors.judging.preview import Amounts, Preview
from processors.metrics import NoMetrics
from processors.programs.commands import Delete
from processors.programs.commits import catch_up, commit, draft
from processors.programs.program import Participant, Program
from storage.clickhouse import ClickHouseStore
from storage.previews import ClickHousePreviews
from tests.batches import take
from tests.conftest import NewStore
from tests.histories import edit, histories, uploaded
from tests.stores import log_of
from tests.unit.test_affected import PROGRAM, SOME_PROGRAM

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def worker_over(store: ClickHouseStore) -> Worker:
    worker = Worker(store, log_of(store), PositionTracker("s", None), metrics=NoMetrics(), clock=lambda: NOW)
    worker.load()
    return worker


def look(store: ClickHouseStore, program: Program, steps: list[Step] | None = None) -> Preview:
    state = catch_up(log_of(store)).states.get(program.slug)
    return preview(store, program, state, (steps if steps is not None else []).append)


def amounts(store: ClickHouseStore) -> Amounts:
    return ClickHousePreviews(store.connections).amounts("p")


def tables(store: ClickHouseStore) -> list[Any]:
    names = ("contributions", "ledger", "standings", "judged", "programs", "program_events", "facts")
    return [store.connections.statement(f"SELECT * FROM {name} ORDER BY ALL")[0] for name in names]


@given(histories(), st.none() | SOME_PROGRAM, SOME_PROGRAM, st.booleans())
@settings(max_examples=25, deadline=None)
def test_applying_does_what_the_preview_said(
    new_store: NewStore, facts: list[Fact], before: Program | None, after: Program, caught_up: bool
) -> None:
    store = new_store()
    if before is not None:
        apply_programs(log_of(store), [before])
    take(worker_over(store), facts, NOW)
    if before is not None and not caught_up:
        apply_programs(log_of(store), [replace(before, scope=())])
    written = tables(store)
    said = look(store, after)
    assert tables(store) == written
    apply_programs(log_of(store), [after])
    worker_over(store).catch_up()
    now = amounts(store)
    for name in Amounts.__slots__:
        parts = (getattr(one, name) for one in (said.now, said.plus.amounts, said.minus.amounts, now))
        before_it, plus, minus, after_it = parts
        assert before_it + plus - minus == after_it, name


@pytest.fixture
def ready(store: ClickHouseStore) -> ClickHouseStore:
    apply_programs(log_of(store), [PROGRAM])
    facts = [edit(1, "A"), edit(2, "A", "Ben"), edit(3, "B", "Ben", old=None), edit(4, "B", "Eve"), uploaded(5, "C")]
    take(worker_over(store), facts, NOW)
    return store


def test_who_would_count_is_named_with_the_reason_why_they_do_not(ready: ClickHouseStore) -> None:
    steps: list[Step] = []
    said = look(ready, replace(PROGRAM, participants=(Participant("Ada"), Participant("Ben"))), steps)
    assert said.now == Amounts(edits=1, uploads=1, editors=1, pages=2, bytes_added=20)
    assert said.plus.amounts == Amounts(edits=2, editors=1, pages=1, bytes_added=50)
    assert [(one.user, one.title, one.before, one.after) for one in said.plus.examples] == [
        ("Ben", "B", None, Verdict.COUNTED),
        ("Ben", "A", None, Verdict.COUNTED),
    ]
    assert said.minus.amounts == Amounts()
    assert not said.needs_confirmation
    assert steps[-1].done == steps[-1].total > 0


def test_a_narrower_program_says_what_goes_and_wants_to_be_confirmed(ready: ClickHouseStore) -> None:
    said = look(ready, replace(PROGRAM, scope=()))
    assert said.minus.amounts.edits == 1
    assert said.minus.reasons[0][0] is Verdict.SCOPE_EMPTY
    assert said.warnings
    assert said.needs_confirmation


def test_a_new_program_is_previewed_before_it_is_there(ready: ClickHouseStore) -> None:
    said = look(ready, replace(PROGRAM, slug="new", participants=(Participant("Eve"),)))
    assert (said.program, said.now, said.plus.amounts.edits) == ("new", Amounts(), 1)


def test_another_title_changes_nothing_and_reads_nothing(ready: ClickHouseStore) -> None:
    steps: list[Step] = []
    said = look(ready, replace(PROGRAM, title="Other"), steps)
    assert (said.plus.amounts, said.minus.amounts, said.notes, steps) == (Amounts(), Amounts(), (), [])


def test_what_is_still_to_be_judged_is_said_to_be_in_the_numbers(ready: ClickHouseStore) -> None:
    apply_programs(log_of(ready), [replace(PROGRAM, participants=(Participant("Ada"), Participant("Ben")))])
    (note,) = look(ready, replace(PROGRAM, participants=(Participant("Ada"), Participant("Ben")))).notes
    assert "not up to date" in note


def test_a_program_that_is_gone_says_that_its_books_come_back(ready: ClickHouseStore) -> None:
    commit(log_of(ready), lambda states: draft(states, [Delete("p")], at=NOW, actor="", new_id=lambda: "deleted"))
    worker_over(ready).catch_up()
    (note,) = look(ready, PROGRAM).notes
    assert "comes back" in note


def test_an_empty_store_has_nothing_to_show(store: ClickHouseStore) -> None:
    said = look(store, PROGRAM)
    assert (said.plus.amounts, said.minus.amounts) == (Amounts(), Amounts())
