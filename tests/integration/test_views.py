"""The views for analysts, on a real ClickHouse: what they show, and whom they do not."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from processors.judging.contributions import Cause, Contribution
from processors.judging.judge import Verdict
from processors.judging.ledger import Change
from processors.programs.definitions import dump_programs
from processors.programs.events import Change as ProgramChange
from processors.programs.events import Defined, Joined, Left, NameHidden, NewEvent
from processors.programs.program import Participant, Program, Session, Visibility
from processors.programs.states import ProgramState, Status, fold
from storage.clickhouse import ClickHouseStore
from storage.views import ensure_views, view_texts
from tests.histories import START, WIKI, edit, renamed, uploaded
from tests.stores import log_of, show

NAMES = {
    "activity", "contributions", "coverage", "dead_letters", "edits", "freshness", "gaps", "leaderboard", "ledger",
    "participants", "programs", "results", "uploads",
}  # fmt: skip
TELLING = ("contributions", "ledger", "leaderboard", "participants", "programs", "results")
"""Views that tell of programs."""
SESSION = Session(START, START + timedelta(hours=3))
PROGRAM = Program("p", "P", (SESSION,), (WIKI,), participants=(Participant("Ada", "blue"), Participant("Ben")))


def ask(store: ClickHouseStore, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query; `v.` stands for the database of the views."""
    database = store.connections.target.analytics
    return store.connections.statement(re.sub(r"\bv\.", f"{database}.", sql))[0]


def everything(store: ClickHouseStore, *names: str) -> str:
    return repr([ask(store, f"SELECT * FROM v.{name}") for name in names])


def decide(store: ClickHouseStore, program: Program, *changes: ProgramChange) -> None:
    """Define a program, decide more about it, and show what it is then."""
    events = [
        NewEvent(
            event_id=f"{program.slug}{version}",
            program=program.slug,
            version=version,
            recorded_at=START,
            actor="",
            change=change,
        )
        for version, change in enumerate([Defined(dump_programs([program])), *changes], start=1)
    ]
    log = log_of(store)
    store.write_programs(list(fold(log.append(events, after=log.last_position())).values()))


def contribution(program: str, user: str, rev_id: int, verdict: Verdict = Verdict.COUNTED) -> Contribution:
    return Contribution(
        program=program, user=user, wiki=WIKI, rev_id=rev_id, verdict=verdict, occurred_at=START,
        title=f"Page {rev_id}", namespace=0, byte_delta=rev_id, created=True,
    )  # fmt: skip


def enter(store: ClickHouseStore, *entries: Contribution, version: int = 10) -> None:
    store.write_changes([Change(one, None, False, Cause("edit", f"e{one.rev_id}")) for one in entries], version)
    store.refresh_standings({(one.program, one.user, one.wiki) for one in entries}, version)


def test_every_view_is_there(store: ClickHouseStore) -> None:
    database = store.connections.target.analytics
    rows = ask(store, f"SELECT name, comment FROM system.tables WHERE database = '{database}'")
    assert {name for name, _ in rows} == NAMES == view_texts().keys()
    assert all(comment for _, comment in rows)


def test_every_column_says_its_meaning_unit_and_an_example(store: ClickHouseStore) -> None:
    database = store.connections.target.analytics
    rows = ask(store, f"SELECT table, name, comment FROM system.columns WHERE database = '{database}'")
    assert len(rows) > 100
    assert [row for row in rows if not re.fullmatch(r"[^;]+; unit: [^;]+; e\.g\. .+", row[2])] == []


def test_views_can_be_made_again_and_come_back_when_one_was_changed(store: ClickHouseStore) -> None:
    ensure_views(store.connections)
    target = store.connections.target
    store.connections.command(f"DROP VIEW {target.analytics}.gaps")
    store.connections.command(f"ALTER DATABASE {target.analytics} MODIFY COMMENT 'an earlier wikitally'")
    ensure_views(store.connections)
    assert ask(store, "SELECT count() FROM v.gaps") == [(0,)]


def test_a_contribution_is_in_the_views_once_with_its_newest_verdict(store: ClickHouseStore) -> None:
    show(store, "p")
    enter(store, contribution("p", "Ada", 7))
    enter(store, contribution("p", "Ada", 7, Verdict.PAGE_DELETED), version=20)
    assert ask(store, "SELECT rev_id, verdict, judged_at FROM v.contributions") == [
        (7, "page_deleted", datetime(1970, 1, 1, 0, 0, 0, 20, tzinfo=UTC))
    ]
    assert ask(store, "SELECT count() FROM v.leaderboard") == [(0,)]


def test_the_leaderboard_ranks_by_bytes_and_names_teams(store: ClickHouseStore) -> None:
    decide(store, PROGRAM)
    enter(store, contribution("p", "Ada", 20), contribution("p", "Ben", 10), contribution("p", "Ben", 11))
    assert ask(store, "SELECT rank, user, team, edits, bytes_added FROM v.leaderboard ORDER BY rank") == [
        (1, "Ben", "", 2, 21),
        (2, "Ada", "blue", 1, 20),
    ]


@pytest.mark.parametrize("visibility", [Visibility.PRIVATE, Visibility.UNLISTED])
def test_only_public_programs_are_in_the_views(store: ClickHouseStore, visibility: Visibility) -> None:
    decide(store, PROGRAM)
    decide(store, replace(PROGRAM, slug="secret", visibility=visibility))
    enter(store, contribution("p", "Ada", 7), contribution("secret", "Ada", 8))
    row: list[list[Any]] = [["secret"], ["final"], [START], [START], ["{}"], [""]]
    store.connections.insert("results", ("program", "name", "as_of", "frozen_at", "board", "digest"), row)
    assert ask(store, "SELECT rev_id FROM v.contributions") == [(7,)]
    assert "secret" not in everything(store, *TELLING)


def test_a_deleted_program_is_in_no_view(store: ClickHouseStore) -> None:
    log = log_of(store)
    event = NewEvent(
        event_id="1", program="p", version=1, recorded_at=START, actor="", change=Defined(dump_programs([PROGRAM]))
    )
    (state,) = fold(log.append([event], after=0)).values()
    store.write_programs([state])
    enter(store, contribution("p", "Ada", 7))
    assert ask(store, "SELECT count() FROM v.contributions") == [(1,)]
    store.write_programs([replace(state, version=2, status=Status.DELETED)])
    assert everything(store, *TELLING) == repr([[]] * len(TELLING))


def test_who_hides_their_name_is_in_no_view_of_single_edits_and_elsewhere_a_pseudonym(store: ClickHouseStore) -> None:
    decide(store, PROGRAM, NameHidden("Ben"))
    enter(store, contribution("p", "Ada", 7), contribution("p", "Ben", 8))
    assert "Ben" not in everything(store, *TELLING)
    assert ask(store, "SELECT rev_id FROM v.contributions") == ask(store, "SELECT rev_id FROM v.ledger") == [(7,)]
    assert ask(store, "SELECT user, hidden, last_edit_at, bytes_added FROM v.leaderboard ORDER BY user") == [
        ("Ada", False, START, 7),
        ("Participant 2", True, None, 8),
    ]
    assert ask(store, "SELECT user, hidden FROM v.participants ORDER BY user") == [
        ("Ada", False),
        ("Participant 2", True),
    ]


def test_who_hid_their_name_and_left_stays_hidden(store: ClickHouseStore) -> None:
    alone = replace(PROGRAM, participants=(Participant("Ada"),))
    decide(store, alone, Joined("Ben"), NameHidden("Ben"), Left("Ben", None))
    enter(store, contribution("p", "Ben", 8))
    assert "Ben" not in everything(store, *TELLING)


def test_a_renaming_does_not_give_away_who_hides_their_name(store: ClickHouseStore) -> None:
    decide(store, PROGRAM, NameHidden("Ben"))
    store.append([renamed(1, "Ben", "Benedict")], START)
    enter(store, contribution("p", "Ada", 7), contribution("p", "Benedict", 8))
    assert "Ben" not in everything(store, *TELLING)
    assert ask(store, "SELECT user FROM v.leaderboard ORDER BY user") == [("Ada",), ("Contributor",)]


def test_after_its_days_nobody_of_a_program_is_named(store: ClickHouseStore) -> None:
    decide(
        store,
        replace(
            PROGRAM,
            hide_names_after_days=1,
            sessions=(Session(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC)),),
        ),
    )
    enter(store, contribution("p", "Ada", 7), contribution("p", "Eve", 8))
    shown = everything(store, *TELLING)
    assert not re.search("Ada|Ben|Eve", shown)
    assert ask(store, "SELECT user FROM v.leaderboard ORDER BY user") == [("Contributor",), ("Participant 1",)]


def test_participants_come_change_and_go_with_the_program(store: ClickHouseStore) -> None:
    log = log_of(store)
    changes: list[ProgramChange] = [Defined(dump_programs([PROGRAM])), Joined("Eve", "red"), Left("Ben", None)]
    seen = []
    states: dict[str, ProgramState] = {}
    for version, change in enumerate(changes, start=1):
        event = NewEvent(
            event_id=f"e{version}", program="p", version=version, recorded_at=START, actor="", change=change
        )
        states = fold(log.append([event], after=version - 1), states)
        store.write_programs(list(states.values()))
        seen.append(ask(store, "SELECT user, team FROM v.participants ORDER BY user"))
    assert seen[0] == [("Ada", "blue"), ("Ben", "")]
    assert seen[1] == [*seen[0], ("Eve", "red")]
    assert ("Ada", "blue") in seen[2]
    assert ask(store, "SELECT participants FROM v.programs") == [(len(seen[2]),)]


def test_edits_and_uploads_are_there_once(store: ClickHouseStore) -> None:
    for _ in range(2):
        store.append([edit(1, "A", old=None, new=40), edit(2, "B"), uploaded(3, "File:A.png")], START)
    assert ask(store, "SELECT rev_id, created, byte_delta FROM v.edits ORDER BY rev_id") == [
        (5001, True, 40),
        (5002, False, 20),
    ]
    assert ask(store, "SELECT title, overwrite FROM v.uploads") == [("File:A.png", False)]


def test_activity_counts_each_event_once_however_often_and_however_split_it_is_written(store: ClickHouseStore) -> None:
    facts = [edit(number, "A", occurred_at=START + timedelta(seconds=number * 7)) for number in range(40)]
    for some in (facts, facts[:13], facts[5:], facts[::-1]):
        store.append(some, START)
    expected = [(count,) for count in (9, 9, 8, 9, 5)]
    assert ask(store, "SELECT events FROM v.activity ORDER BY minute") == expected
    assert ask(store, "SELECT sum(events) FROM v.activity") == ask(store, "SELECT count() FROM v.edits") == [(40,)]
    assert ask(store, "SELECT hour, events, edits, minutes, last_minute FROM v.coverage") == [
        (START, 40, 40, 5, START + timedelta(minutes=4))
    ]


def test_freshness_is_one_row_whatever_was_read(store: ClickHouseStore) -> None:
    assert ask(store, "SELECT * FROM v.freshness") == [(None, None, 0, 0)]


def test_columns_are_of_the_types_that_they_are_said_to_have(store: ClickHouseStore) -> None:
    database = store.connections.target.analytics
    for name in sorted(NAMES):
        said = ask(store, f"SELECT name, type FROM system.columns WHERE database = '{database}' AND table = '{name}'")
        _, delivered = store.connections.statement(f"SELECT * FROM {database}.{name} LIMIT 0")
        assert sorted(delivered) == sorted(said), name
