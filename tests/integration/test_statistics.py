"""Numbers of a real ClickHouse against the pure folds: any slice, any moment, and nobody who may not be seen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processors.facts.facts import ActionKind, UserClass
from processors.judging.contributions import Cause, Contribution
from processors.judging.judge import Verdict
from processors.judging.ledger import Change
from processors.numbers.numbers import By, Division
from processors.numbers.standings import fold_parts, fold_totals
from processors.ports.boards import Window
from processors.programs.events import Deleted, NewEvent
from processors.programs.program import Program, Session, Visibility
from storage.clickhouse import ClickHouseStore
from storage.statistics import Cut, StoredResult, version_of
from tests.histories import START, WIKI
from tests.stores import log_of, show

EVERYBODY = tuple(Visibility)
NIGHT = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
"""In Paris, the hour from two to three comes twice in this night."""
SESSIONS = (
    Session(NIGHT, NIGHT + timedelta(hours=2), "Night"),
    Session(NIGHT + timedelta(hours=1), NIGHT + timedelta(hours=3)),
    Session(NIGHT + timedelta(days=1), NIGHT + timedelta(days=1, hours=1)),
)
PROGRAM = Program("p", "P", SESSIONS, ("*",), timezone="Europe/Paris", open=True)
TEAMS = {"Ada": "blue", "山田": "re'd \\"}
NEW = frozenset({"Ada", "Ben"})


def contribution(rev_id: int, user: str = "Ada", **more: Any) -> Contribution:
    base = Contribution("p", user, WIKI, rev_id, Verdict.COUNTED, NIGHT, "A", 0, 10, False)
    return replace(base, **more)


def write(store: ClickHouseStore, entries: Sequence[Contribution], at: datetime, *, gone: bool = False) -> None:
    version = version_of(at)
    changes = [Change(one, None, gone, Cause("edit", f"{one.rev_id}/{version}")) for one in entries]
    store.write_changes(changes, version)
    store.refresh_standings({(one.program, one.user, one.wiki) for one in entries}, version)


entries = st.builds(
    contribution,
    st.integers(1, 12),
    st.sampled_from(("Ada", "Ben", "山田", "~2026-1")),
    wiki=st.sampled_from((WIKI, "www.wikidata.org", "fr.wikisource.org")),
    kind=st.sampled_from((ActionKind.EDIT, ActionKind.EDIT, ActionKind.UPLOAD)),
    verdict=st.sampled_from((Verdict.COUNTED, Verdict.COUNTED, Verdict.PAGE_DELETED)),
    occurred_at=st.sampled_from([NIGHT + timedelta(minutes=30 * step) for step in (0, 1, 2, 3, 4, 5, 48, 50)]),
    title=st.sampled_from(("A", "B", "C'")),
    namespace=st.sampled_from((0, 104)),
    byte_delta=st.sampled_from((None, 0, 5, -7, 2**40)),
    created=st.booleans(),
    user_class=st.sampled_from(UserClass).filter(lambda one: one in (UserClass.NAMED, UserClass.TEMPORARY)),
    reverted=st.booleans(),
    action=st.sampled_from(("", "label_added", "page_proofread", "page_validated")),
)
some = st.lists(entries, max_size=25, unique_by=lambda one: (one.wiki, one.kind, one.rev_id))
instants = st.none() | st.sampled_from([NIGHT + timedelta(minutes=20 * step) for step in range(12)])
_runs = count()


def within(one: Contribution, window: Window) -> bool:
    return (window.since is None or window.since <= one.occurred_at) and (
        window.until is None or one.occurred_at < window.until
    )


@given(some, some, st.builds(Window, instants, instants), st.booleans())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_breakdown_of_every_slice_at_every_moment_is_the_pure_fold(
    store: ClickHouseStore, first: list[Contribution], later: list[Contribution], window: Window, past: bool
) -> None:
    slug = f"p{next(_runs)}"
    first, later = ([replace(one, program=slug) for one in drawn] for drawn in (first, later))
    show(store, slug)
    write(store, first, START)
    write(store, later, START + timedelta(seconds=9))
    books = {(one.user, one.wiki, one.kind, one.rev_id): one for one in (first if past else [*first, *later])}
    stood = [one for one in books.values() if within(one, window)]
    as_of = START + timedelta(seconds=8) if past else None
    cut = Cut(EVERYBODY, slug, "", as_of, window, PROGRAM.timezone, SESSIONS, TEAMS, NEW)
    for by in (*By, *Division):
        assert {one.key: one.totals for one in store.parts(cut, by)} == fold_parts(stood, by, PROGRAM, TEAMS, NEW), by
    counted = [one for one in stood if one.verdict is Verdict.COUNTED]
    assert store.whole(cut).totals == fold_totals(counted, new=NEW)
    assert store.whole(cut).newcomers == {one.user for one in counted} & NEW
    if window.whole and not past:
        assert store.totals(slug, newcomers=NEW).totals == fold_totals(counted, new=NEW)


def test_sums_over_disjoint_parts_are_the_totals(store: ClickHouseStore) -> None:
    show(store, "p")
    drawn = [
        contribution(number, f"User {number % 7}", wiki=f"w{number % 3}.wikipedia.org", title=f"T{number % 11}",
                     byte_delta=number - 50, occurred_at=NIGHT + timedelta(minutes=7 * number))
        for number in range(100)
    ]  # fmt: skip
    write(store, drawn, START)
    cut = Cut(EVERYBODY, "p", timezone="Asia/Kolkata")
    whole = store.whole(cut).totals
    for by in (Division.WIKI, Division.NAMESPACE, Division.DAY, Division.HOUR, Division.TEAM, Division.ACTION):
        parts = [one.totals for one in store.parts(cut, by)]
        for name in ("edits", "bytes_added", "bytes_removed", "uploads"):
            assert sum(getattr(one, name) for one in parts) == getattr(whole, name), (by, name)
    assert sum(one.totals.articles_edited for one in store.parts(cut, By.WIKI)) == whole.articles_edited
    assert all(one.key[0].endswith("+0530") for one in store.parts(cut, Division.HOUR))


def test_what_left_the_books_is_in_them_until_it_left(store: ClickHouseStore) -> None:
    show(store, "p")
    write(store, [contribution(1)], START)
    write(store, [contribution(1)], START + timedelta(microseconds=5), gone=True)

    def edits(as_of: datetime | None) -> int:
        return store.whole(Cut(EVERYBODY, "p", as_of=as_of)).totals.edits

    assert [edits(START + timedelta(microseconds=step)) for step in (-1, 0, 4, 5)] == [0, 1, 1, 0]
    assert edits(None) == 0
    assert edits(datetime(1970, 1, 1, tzinfo=UTC)) == 0, "a moment before all time is not now"


def test_an_edit_in_two_programs_of_a_campaign_counts_once(store: ClickHouseStore) -> None:
    show(store, "one", "two", campaigns=("autumn",))
    show(store, "quiet", campaigns=("autumn",), visibility=Visibility.UNLISTED)
    show(store, "secret", campaigns=("autumn",), visibility=Visibility.PRIVATE)
    show(store, "other", campaigns=("winter",))
    shared = contribution(1)
    for slug in ("one", "two", "quiet", "secret", "other"):
        write(store, [replace(shared, program=slug)], START)
    write(store, [contribution(2, program="two"), contribution(3, program="quiet", byte_delta=-3)], START)
    write(store, [contribution(4, program="secret"), contribution(5, program="other")], START)
    # The same number on another wiki, or of an upload, is something else.
    write(store, [contribution(1, program="one", wiki="de.wikipedia.org")], START)
    for as_of in (None, START):
        cut = Cut(EVERYBODY, campaign="autumn", as_of=as_of)
        totals = store.whole(cut).totals
        assert (totals.edits, totals.bytes_added, totals.bytes_removed) == (4, 30, 3)
        assert [one.totals.edits for one in store.parts(cut, By.USER)] == [4]
        public = replace(cut, visibilities=(Visibility.PUBLIC,))
        assert store.whole(public).totals.edits == 3
    rows = store.campaign_programs("autumn")
    assert [row.slug for row in rows] == ["one", "quiet", "two"]
    assert [row.slug for row in store.campaign_programs()] == ["one", "other", "quiet", "two"]


Question = Callable[[ClickHouseStore, Collection[Visibility]], object]
QUESTIONS: dict[str, Question] = {
    "standings": lambda store, seen: store.standings("p", seen),
    "totals": lambda store, seen: store.totals("p", seen).totals.edits,
    "breakdown": lambda store, seen: store.parts(Cut(seen, "p"), By.USER),
    "breakdown, then": lambda store, seen: store.parts(Cut(seen, "p", as_of=START), By.USER),
    "breakdown, campaign": lambda store, seen: store.parts(Cut(seen, campaign="c"), By.USER),
    "breakdown, campaign, then": lambda store, seen: store.parts(Cut(seen, campaign="c", as_of=START), By.USER),
    "contributors": lambda store, seen: store.contributors("p", seen),
    "registrations": lambda store, seen: store.registrations(START, START + timedelta(1), (), seen, program="p"),
    "registrations, campaign": lambda store, seen: store.registrations(
        START, START + timedelta(1), (), seen, campaign="c"
    ),
    "campaigns": lambda store, seen: store.campaign_programs("c", seen),
    "program_history": lambda store, seen: store.program_history("p", seen),
    "results": lambda store, seen: store.results("p", "", seen),
    "results_shown": lambda store, seen: store.results_shown("p", seen),
}


def fill(store: ClickHouseStore, visibility: Visibility) -> None:
    show(store, "p", campaigns=("c",), visibility=visibility)
    write(store, [contribution(1)], START)
    store.write_result("p", StoredResult("final", START, START, "{}", ""))
    seconds = [int(START.timestamp())]
    store.connections.insert("registrations", ("user", "registered_at", "seen_at"), [["Ada"], seconds, seconds])
    log_of(store).append(
        [NewEvent(event_id="e", program="p", version=1, recorded_at=START, actor="", change=Deleted())], after=0
    )


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("visibility", Visibility)
def test_no_query_answers_for_a_program_that_its_reader_may_not_see(
    store: ClickHouseStore, name: str, visibility: Visibility
) -> None:
    fill(store, visibility)
    ask = QUESTIONS[name]
    for_nobody = visibility is Visibility.PRIVATE and "campaign" in name
    assert bool(ask(store, [visibility])) is not for_nobody
    assert bool(ask(store, EVERYBODY)) is not for_nobody
    others = [one for one in Visibility if one is not visibility]
    assert not ask(store, others)
    assert not ask(store, [])


def test_every_query_of_numbers_is_asked_that(store: ClickHouseStore) -> None:
    """A query that is added is added above, too."""
    from storage import statistics

    with open(statistics.__file__, encoding="utf-8") as file:
        source = file.read()
    named = {part.split('"')[1] for part in source.split("connections.r")[1:] if '"' in part}
    of_no_program = {"registrations_of_names"}
    assert named - {name.partition(",")[0] for name in QUESTIONS} == {"result_names"} | of_no_program


def test_a_result_is_written_once(store: ClickHouseStore) -> None:
    show(store, "p")
    assert store.write_result("p", StoredResult("final", START, START, '{"a":1}', "x"))
    assert not store.write_result("p", StoredResult("final", START, START + timedelta(1), '{"a":2}', "y"))
    assert store.write_result("p", StoredResult("half", START, START + timedelta(1), "{}", "z"))
    assert [(one.name, one.board) for one in store.results("p")] == [("half", "{}"), ("final", '{"a":1}')]
    assert [one.name for one in store.results("p", "final")] == ["final"]


def test_who_did_something_first_comes_first_counted_or_not(store: ClickHouseStore) -> None:
    show(store, "p")
    later = NIGHT + timedelta(seconds=1)
    drawn = [
        contribution(3, "Cay", occurred_at=later),
        contribution(2, "Ben", verdict=Verdict.BOT),
        contribution(1, "Zoë"),
        contribution(4, "Ada", occurred_at=later),
    ]
    write(store, drawn, START)
    assert store.contributors("p") == ["Zoë", "Ben", "Cay", "Ada"]
