"""A forgotten person is in no table, whatever happens meanwhile; on a real ClickHouse."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from deploy.cli.forgetting import find, forget
from processors.facts.facts import Fact
from processors.ports.store import DeadLetter, RawEvent
from processors.programs.definitions import dump_programs
from processors.programs.events import Change as ProgramChange
from processors.programs.events import Defined, Joined, NewEvent
from processors.programs.program import Participant, Program, Session
from processors.programs.states import fold
from storage.clickhouse import ClickHouseStore
from storage.program_log import ClickHouseProgramLog
from tests.conftest import NewStore
from tests.histories import START, WIKI, edit, renamed
from tests.purging import NOW, Killed, entry, facts_of, freeze, killing, page_change, tables, write

PERSON = "Ada B."
FORMER = "Ada"


def remember(store: ClickHouseStore) -> ClickHouseProgramLog:
    """A store in which somebody has left traces everywhere, under two names, and somebody else some of their own."""
    rename = renamed(3, FORMER, PERSON)
    page = replace(edit(7, f"User:{PERSON}/Draft", "Ben"), comment=f"[[User talk:{PERSON}|{PERSON}]] asked me to")
    facts: list[Fact] = [edit(1, "A", FORMER), rename, edit(6, "A", PERSON), page, edit(8, "Ada", "Ben")]
    store.append([*facts, page_change(5009, PERSON)], NOW)
    mine = replace(entry(5007, "Ben"), title=page.title, namespace=2)
    write(store, entry(5001, PERSON), entry(5006, PERSON), mine, entry(5008, "Ben"))
    freeze(store, "p", PERSON, "Ben")
    letters = [f'{{"user": "{PERSON}"'.encode(), b"{"]
    store.write_dead_letters([DeadLetter(RawEvent(data), "json", "", NOW) for data in letters])
    log = ClickHouseProgramLog(store.connections)
    session = Session(START, START + timedelta(hours=1))
    program = Program("p", "P", (session,), (WIKI,), participants=(Participant(FORMER), Participant("Ben")))
    changes: list[ProgramChange] = [Defined(dump_programs([program])), Joined(PERSON, "blue"), Joined("Carl")]
    events = [
        NewEvent(event_id=f"e{version}", program="p", version=version, recorded_at=NOW, actor=PERSON, change=change)
        for version, change in enumerate(changes, start=1)
    ]
    store.write_programs(list(fold(log.append(events, after=0)).values()))
    return log


def forget_person(store: ClickHouseStore, log: ClickHouseProgramLog) -> str:
    found = find(store, log, PERSON)
    return forget(store, log, found.person, NOW)


def test_a_forgotten_person_is_in_no_table_and_the_rest_is_untouched(store: ClickHouseStore) -> None:
    log = remember(store)
    found = find(store, log, PERSON)
    assert (found.programs, found.rows["contributions"], found.rows["program_events"]) == (("p",), 2, 3)
    assert forget_person(store, log) == "(forgotten 1)"
    contents = tables(store)
    assert PERSON not in repr(contents)
    assert not [
        row
        for name in ("facts", "ledger", "programs")
        for row in contents[name]
        if f"'{FORMER}'" in repr(row) and "Ben" not in repr(row)
    ]
    assert {row[1] for row in contents["contributions"]} == {"Ben"}
    assert {row[7] for row in contents["contributions"]} == {"User:(forgotten 1)/Draft", "A"}
    assert sorted(facts_of(store)) == ["event-0001", "event-0006", "event-0007", "event-0008", "event-0009"]
    assert facts_of(store)["event-0008"] == edit(8, "Ada", "Ben")
    state = fold(log.read())["p"]
    assert [one.user for one in state.program.participants] == ["(forgotten 1)", "Ben", "Carl"]
    ((definition,),) = store.connections.statement("SELECT definition FROM programs FINAL")[0]
    assert definition == dump_programs([state.program])
    assert not find(store, log, PERSON)


def test_a_forgotten_person_does_not_come_back_when_the_stream_is_read_again(store: ClickHouseStore) -> None:
    forget_person(store, remember(store))
    later = replace(edit(6, "A", PERSON), occurred_at=NOW + timedelta(seconds=1))
    old, former, new = store.redactions().take([edit(6, "A", PERSON), edit(1, "A", FORMER), later])
    assert (old.user, former.user, new.user) == (None, None, PERSON)


def test_forgetting_that_was_killed_anywhere_is_repeated_to_the_same_end(
    new_store: NewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill = killing(monkeypatch)

    def end_of(store: ClickHouseStore) -> dict[str, list[tuple[Any, ...]]]:
        return {name: rows for name, rows in tables(store).items() if name not in ("forgotten", "program_events")}

    def run(store: ClickHouseStore, log: ClickHouseProgramLog, number: int) -> bool:
        found = find(store, log, PERSON)
        kill(number, number % 2 == 0)
        try:
            forget(store, log, found.person, NOW)
        except Killed:
            return True
        finally:
            kill(0, False)
        return False

    undisturbed = new_store()
    run(undisturbed, remember(undisturbed), 0)
    expected = end_of(undisturbed)
    for number in range(1, 100):
        new_store.start_over()
        store = new_store()
        log = remember(store)
        if not run(store, log, number):
            break
        forget_person(store, log)
        assert end_of(store) == expected, number
        assert PERSON not in repr(tables(store)), number
    assert number > 20, "forgetting has more steps than were killed"
