"""Goals, new editors, frozen results, parts: what is made of numbers without a store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.answers.board_parts import line, parts
from processors.errors import InvalidInput
from processors.folds.people import People
from processors.numbers.goals import goals
from processors.numbers.newcomers import Registration, newcomers
from processors.numbers.numbers import By, Division, Goal, Metric, Standing, Totals
from processors.numbers.results import Snapshot, compare, digest, seal, unseal
from processors.ports.boards import Difference, session_of
from processors.programs.definition_shape import GOALS
from processors.programs.program import Program, Session
from storage.statistics import Sum, version_of
from tests.histories import renamed

START = datetime(2026, 11, 8, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)
PROGRAM = Program("p", "P", (Session(START, START + HOUR, "Morning"), Session(START + HOUR, START + 3 * HOUR)), ("*",))
TOTALS = Totals(5, 3, 10, 700, 50, 2, 4, START)


def test_every_goal_that_may_be_set_is_a_number_of_totals() -> None:
    program = replace(PROGRAM, goals=tuple((name, 1) for name in GOALS))
    assert [one.metric for one in goals(program, TOTALS)] == list(GOALS)


def test_a_goal_says_how_far_it_is() -> None:
    program = replace(PROGRAM, goals=(("edits", 40), ("bytes_net", 500), ("uploads", 0)))
    assert [one.share for one in goals(program, TOTALS)] == [0.25, 1.3, 1.0]
    assert goals(program, TOTALS)[0] == Goal("edits", 40, 10)


def test_new_is_who_registered_from_some_days_before_the_start_to_the_end() -> None:
    program = replace(PROGRAM, new_editor_days=2)
    since, until = START - timedelta(days=2), START + 3 * HOUR
    moments = {"a": since - timedelta(seconds=1), "b": since, "c": until - timedelta(seconds=1), "d": until}
    seen = [Registration(name, at, at) for name, at in moments.items()]
    assert newcomers(seen, program, People()) == {"b", "c"}


def test_a_new_account_is_followed_through_its_renames_and_its_old_name_is_not() -> None:
    people = People()
    people.add(renamed(300, "Ada", "Augusta"))
    before, after = START + timedelta(seconds=50), START + timedelta(seconds=200)
    assert newcomers([Registration("Ada", before, before)], PROGRAM, people) == {"Augusta"}
    assert newcomers([Registration("Ada", after, after)], PROGRAM, people) == {"Ada"}


numbers = st.integers(0, 2**50)
standings = st.builds(
    Standing,
    st.text(),
    st.text(),
    numbers,
    numbers,
    numbers,
    numbers,
    numbers,
    st.none() | st.integers(0, 2**51).map(lambda step: START + timedelta(microseconds=step)),
    points=st.floats(-1e6, 1e6).map(lambda value: round(value, 2)),
    rank=numbers,
)


@given(st.lists(standings, max_size=4), st.sampled_from(Metric))
def test_a_sealed_result_comes_back_and_the_same_one_is_the_same_text(lines: list[Standing], metric: Metric) -> None:
    snapshot = Snapshot("p", "Ende \U0001f3c1", START, 3, metric, tuple(lines), TOTALS)
    text = seal(snapshot)
    assert unseal(text) == snapshot
    assert seal(unseal(text)) == text
    assert len(digest(text)) == 64
    assert digest(text) != digest(text + " ")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"program": "p"}'])
def test_what_is_no_result_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        unseal(text)


def standing(user: str, edits: int, **more: object) -> Standing:
    return replace(Standing(user, "", edits, 0, 0, 0, 0, START), **more)  # type: ignore[arg-type]


def test_only_those_whose_numbers_are_others_have_changed() -> None:
    then = [standing("Ada", 3, rank=1), standing("Ben", 2, rank=2), standing("Cay", 1, rank=3), standing("Dan", 1)]
    now = [
        standing("Augusta", 3, rank=2),
        standing("Ben", 5, rank=1),
        standing("Dan", 1, team="blue"),
        standing("Eve", 1),
    ]
    assert compare(then, now, {"Ada": "Augusta"}) == [
        Difference(then[1], now[1]),
        Difference(then[2], None),
        Difference(None, now[3]),
    ]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("1", 0), ("2", 1), ("morning", 0), ("0", None), ("3", None), ("", None), ("-1", None), ("²", None)],
)
def test_a_session_is_found_by_number_or_title(wanted: str, found: int | None) -> None:
    assert session_of(PROGRAM, wanted) == (None if found is None else PROGRAM.sessions[found])


def test_a_number_goes_before_a_title() -> None:
    program = replace(PROGRAM, sessions=(PROGRAM.sessions[0], replace(PROGRAM.sessions[1], title="1")))
    assert session_of(program, "1") == program.sessions[0]


def sums(*keys: tuple[str, int]) -> list[Sum]:
    return [Sum((key, ""), replace(TOTALS, edits=edits), frozenset()) for key, edits in keys]


def test_parts_come_in_an_order_that_people_expect() -> None:
    def keys(by: Division, *found: tuple[str, int]) -> list[str]:
        return [one.key for one in parts(sums(*found), by, PROGRAM)]

    assert keys(Division.NAMESPACE, ("104", 9), ("0", 1), ("14", 5)) == ["0", "14", "104"]
    assert keys(Division.DAY, ("2026-11-09", 1), ("2026-11-08", 1)) == ["2026-11-08", "2026-11-09"]
    assert keys(Division.TEAM, ("blue", 1), ("", 1), ("red", 4)) == ["red", "", "blue"]
    assert keys(Division.SESSION, ("2", 1)) == ["1", "2"], "a session without edits is there, too"


def test_parts_have_points_and_sessions_their_titles() -> None:
    program = replace(PROGRAM, points=(("edit", 0.5),))
    assert [(one.title, one.numbers.points) for one in parts(sums(("1", 3)), Division.SESSION, program)] == [
        ("Morning", 1.5),
        ("Session 2", 0),
    ]


def test_a_line_has_all_numbers_of_its_sum() -> None:
    totals = replace(TOTALS, uploads=1, reverted=2, wikidata_actions=3, pages_proofread=4, pages_validated=5, points=6)
    one = line(Sum(("A", "w"), totals, frozenset()), By.ARTICLE)
    assert (one.user, one.team, one.wiki, one.title, one.editors) == ("", "", "w", "A", 3)
    for metric in Metric:
        assert getattr(one, metric.value) == getattr(totals, metric.value)


def test_a_moment_is_a_version_of_the_ledger_to_the_microsecond() -> None:
    at = datetime(2026, 11, 8, 14, 0, 0, 999_999, UTC)
    assert version_of(at) == int(datetime(2026, 11, 8, 14, tzinfo=UTC).timestamp()) * 1_000_000 + 999_999
    assert version_of(datetime(1900, 1, 1, tzinfo=UTC)) == 1, "0 would mean now"
