"""What goes with time, and what must not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from deploy.counting.housekeeping import Housekeeping, facts_from
from deploy.settings import Settings
from processors.facts.facts import Fact
from processors.judging.contributions import Cause, Contribution
from processors.judging.judge import Verdict
from processors.judging.ledger import Change
from processors.ports.store import DeadLetter, RawEvent
from processors.programs.commits import Programs, catch_up
from processors.programs.definitions import dump_programs
from processors.programs.events import Change as ProgramChange
from processors.programs.events import Defined, Deleted, NewEvent
from processors.programs.program import Participant, Program, Session
from processors.programs.states import Status
from storage.clickhouse import ClickHouseStore
from tests.histories import WIKI, edit, hidden
from tests.program_logs import MemoryProgramLog

NOW = datetime(2026, 11, 24, tzinfo=UTC)
DAY = timedelta(days=1)


def program(days_ago: int, slug: str = "p", expires: datetime | None = None) -> Program:
    session = Session(NOW - days_ago * DAY, NOW - (days_ago - 2) * DAY)
    return Program(slug, "P", (session,), (WIKI,), participants=(Participant("Ada"),), expires=expires)


def log_of(*changes: tuple[str, ProgramChange]) -> MemoryProgramLog:
    log = MemoryProgramLog()
    for position, (slug, change) in enumerate(changes):
        version = 1 + sum(one.program == slug for one in log.read())
        event = NewEvent(
            event_id=str(position), program=slug, version=version, recorded_at=NOW - DAY, actor="Ada", change=change
        )
        log.append([event], after=position)
    return log


def defined(one: Program) -> tuple[str, ProgramChange]:
    return one.slug, Defined(dump_programs([one]))


def aged(fact: Fact, days: int) -> Fact:
    return replace(fact, occurred_at=NOW - days * DAY)


def housekeeping(store: ClickHouseStore, log: MemoryProgramLog, **days: int) -> Housekeeping:
    none = {"retain_facts_days": 0, "retain_dead_letters_days": 0, "retain_ledger_days": 0}
    return Housekeeping(store, log, Settings(**none | days), lambda: NOW)  # type: ignore[arg-type]


def numbers(store: ClickHouseStore) -> list[str]:
    return [row[0] for row in store.connections.statement("SELECT event_id FROM facts ORDER BY event_id")[0]]


def test_facts_go_after_their_days_and_nothing_goes_by_default(store: ClickHouseStore) -> None:
    store.append([aged(edit(1, "A"), 40), aged(edit(2, "A"), 29)], NOW)
    assert Settings().retain_facts_days == 0
    assert housekeeping(store, log_of()).run().facts == 0
    assert housekeeping(store, log_of(), retain_facts_days=30).run().facts == 1
    assert numbers(store) == ["event-0002"]


def test_facts_that_an_active_program_may_be_judged_by_stay(store: ClickHouseStore) -> None:
    long_ago = defined(program(400))
    store.append([aged(edit(1, "A"), 415), aged(edit(2, "A"), 413), aged(edit(3, "A"), 40)], NOW)
    kept = housekeeping(store, log_of(long_ago), retain_facts_days=30).run()
    assert (kept.facts, numbers(store)) == (1, ["event-0002", "event-0003"])
    housekeeping(store, log_of(long_ago, ("p", Deleted())), retain_facts_days=30).run()
    assert numbers(store) == []


def test_what_was_hidden_stays_hidden_however_old_it_is(store: ClickHouseStore) -> None:
    store.append([aged(hidden(1, "A", 5001, 4), 900), aged(edit(2, "A"), 900)], NOW)
    housekeeping(store, log_of(), retain_facts_days=1).run()
    assert [one.rev_id for one in store.hidings()] == [5001]
    assert numbers(store) == ["event-0001"]


def test_dead_letters_go_after_their_days(store: ClickHouseStore) -> None:
    letters = [DeadLetter(RawEvent(data), "json", "", NOW - days * DAY) for data, days in ((b"old", 31), (b"new", 29))]
    store.write_dead_letters(letters)
    assert housekeeping(store, log_of(), retain_dead_letters_days=30).run().letters == 1
    assert store.connections.statement("SELECT data FROM dead_letters")[0] == [("new",)]
    assert Settings().retain_dead_letters_days == 30


def test_the_books_of_every_moment_behind_the_cut_stay_as_they_were(store: ClickHouseStore) -> None:
    entry = Contribution("p", "Ada", WIKI, 5001, Verdict.COUNTED, NOW, "A", 0, 20, False)
    verdicts = (Verdict.OUT_OF_SCOPE, Verdict.COUNTED, Verdict.PAGE_DELETED)
    for verdict, days in zip(verdicts, (90, 60, 10), strict=True):
        at = int((NOW - days * DAY).timestamp() * 1_000_000)
        store.write_changes([Change(replace(entry, verdict=verdict), None, False, Cause("edit", f"e{days}"))], at)

    def books(days: int) -> list[tuple[str, ...]]:
        as_of = int((NOW - days * DAY).timestamp() * 1_000_000)
        return store.connections.statement(f"SELECT verdict FROM books_at(program = 'p', as_of = {as_of})")[0]

    before = [books(days) for days in (30, 11, 9, 0)]
    assert housekeeping(store, log_of(), retain_ledger_days=30).run().ledger == 1
    assert [books(days) for days in (30, 11, 9, 0)] == before
    assert books(80) == []


def test_programs_expire_once_and_only_when_their_time_has_come(store: ClickHouseStore) -> None:
    log = log_of(defined(program(9, "over", NOW)), defined(program(9, "soon", NOW + DAY)))
    assert housekeeping(store, log).run().expired == ("over",)
    assert housekeeping(store, log).run().expired == ()
    states = catch_up(log).states
    assert (states["over"].status, states["soon"].status) == (Status.EXPIRED, Status.ACTIVE)


@pytest.mark.parametrize(("started", "kept"), [(5, 30), (20, 34)])
def test_the_days_before_a_start_in_which_accounts_are_new_are_kept_too(started: int, kept: int) -> None:
    programs = catch_up(log_of(defined(program(started))))
    assert facts_from(programs, NOW, 30) == NOW - kept * DAY
    assert facts_from(Programs(), NOW, 30) == NOW - 30 * DAY


def test_minutes_of_activity_go_after_their_days_and_facts_stay(store: ClickHouseStore) -> None:
    store.append([aged(edit(1, "A"), days=9), aged(edit(2, "A"), days=2)], NOW)
    seen = f"SELECT sum(events) FROM {store.connections.target.analytics}.activity"
    assert housekeeping(store, MemoryProgramLog()).run().activity == 0
    assert store.connections.statement(seen)[0] == [(2,)]
    assert housekeeping(store, MemoryProgramLog(), retain_activity_days=5).run().activity == 1
    assert store.connections.statement(seen)[0] == [(1,)]
    assert store.connections.statement("SELECT count() FROM facts")[0] == [(2,)]
