"""Alerts about contributions, numbers and time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.alerts.alerts import Alert, AlertKind, AlertState, Step
from processors.alerts.milestones import goal_alerts, mark, milestones
from processors.alerts.timed import Limits, holding, timed_alerts
from processors.alerts.works import BURST, bursts, contribution_alert, with_steps
from processors.numbers.numbers import Totals
from processors.ports.boards import Freshness
from processors.programs.program import Program, Session
from tests.histories import START, WIKI

OPEN, CLOSED = AlertState.OPEN, AlertState.CLOSED
HOUR = timedelta(hours=1)
PROGRAM = Program(
    "p", "P", sessions=(Session(START, START + 3 * HOUR),), wikis=(WIKI,), goals=(("edits", 10), ("new_editors", 1))
)


def totals(edits: int = 0, articles: int = 0, bytes_added: int = 0) -> Totals:
    return Totals(1, 1, edits, bytes_added, 0, articles, 0, None)


def reverted(number: int, minutes: float, user: str = "Ada") -> Alert:
    alert = contribution_alert("p", AlertKind.REVERTED, WIKI, number, "A", user)
    return replace(alert, steps=(Step(OPEN, START + timedelta(minutes=minutes), f"event-{number}"),))


def test_steps_that_come_again_or_say_nothing_new_change_nothing() -> None:
    steps = [Step(OPEN, START, "a"), Step(CLOSED, START + HOUR, "b"), Step(OPEN, START + 2 * HOUR, "c")]
    alert = contribution_alert("p", AlertKind.REVERTED, WIKI, 1, "A", "Ada")
    for step in (*steps, *steps, Step(OPEN, START + 3 * HOUR, "d")):
        alert = with_steps(alert, alert.steps, [step]) or alert
    assert list(alert.steps) == steps


def test_a_step_that_comes_late_stands_where_it_belongs() -> None:
    alert = contribution_alert("p", AlertKind.REVERTED, WIKI, 1, "A", "Ada")
    late = with_steps(alert, [Step(CLOSED, START + HOUR, "b")], [Step(OPEN, START, "a")])
    assert late is not None
    assert [one.cause for one in late.steps] == ["a", "b"]


def test_what_was_never_open_is_no_alert() -> None:
    alert = contribution_alert("p", AlertKind.REVERTED, WIKI, 1, "A", "Ada")
    assert with_steps(alert, (), [Step(CLOSED, START, "a")]) is None


def test_five_reverts_within_an_hour_are_one_burst() -> None:
    (found,) = bursts("p", [reverted(number, number * 10, f"user {number % 2}") for number in range(12)])
    assert (found.kind, found.users) == (AlertKind.MASS_REVERTS, ("user 0", "user 1"))
    assert found.steps[0].cause == "event-4"


def test_a_few_reverts_are_no_burst_and_a_pause_ends_one() -> None:
    assert bursts("p", [reverted(number, number * 20) for number in range(4)]) == []
    assert bursts("p", [reverted(number, number * 30) for number in range(9)]) == []
    pause = BURST / timedelta(minutes=1) + 61
    two = [reverted(number, number) for number in range(5)] + [reverted(9 + n, pause + n) for n in range(5)]
    assert [one.steps[0].cause for one in bursts("p", two)] == ["event-4", "event-13"]


@given(st.lists(st.integers(0, 400), max_size=15, unique=True), st.data())
def test_bursts_do_not_depend_on_the_order_of_reverts(minutes: list[int], data: st.DataObject) -> None:
    alerts = [reverted(number, at) for number, at in enumerate(minutes)]
    assert bursts("p", data.draw(st.permutations(alerts))) == bursts("p", alerts)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0),
        (0.5, 0),
        (1, 1),
        (9, 1),
        (10, 10),
        (24, 10),
        (25, 25),
        (99, 50),
        (100, 100),
        (2600, 2500),
        (10**6, 10**6),
    ],
)
def test_milestones_are_round_numbers(value: float, expected: int) -> None:
    assert mark(value) == expected


def test_the_highest_milestone_of_each_number_is_told() -> None:
    found = list(milestones(PROGRAM, totals(edits=30, bytes_added=999), START))
    assert [one.steps[0].detail for one in found] == ["25 edits"]
    again = list(milestones(PROGRAM, totals(edits=49), START + HOUR))
    assert [one.alert_id for one in again] == [one.alert_id for one in found]


def test_a_goal_is_open_while_it_is_reached() -> None:
    assert list(goal_alerts(PROGRAM, totals(edits=9), {}, START)) == []
    (reached,) = goal_alerts(PROGRAM, totals(edits=10), {}, START)
    known = {reached.alert_id: reached}
    assert list(goal_alerts(PROGRAM, totals(edits=12), known, START)) == []
    (lost,) = goal_alerts(PROGRAM, totals(edits=9), known, START + HOUR)
    assert [one.state for one in lost.steps] == [OPEN, CLOSED]


def fresh(lag: float | None = 2, gaps: int = 0) -> Freshness:
    return Freshness(None if lag is None else START, lag, gaps)


def test_lag_gaps_and_silence_hold_while_a_session_is_on() -> None:
    now, limits = START + 2 * HOUR, Limits()
    assert set(holding(PROGRAM, fresh(lag=301, gaps=2), None, now, limits)) == {AlertKind.LAG, AlertKind.GAP}
    assert holding(PROGRAM, fresh(), None, now, limits) == {AlertKind.SILENT: "nothing has counted for 2 h 0 min"}
    assert holding(PROGRAM, fresh(), now - timedelta(minutes=59), now, limits) == {}
    assert holding(PROGRAM, fresh(lag=999, gaps=2), None, START + 3 * HOUR, limits) == {}
    assert holding(PROGRAM, fresh(lag=None), None, now, limits) == {}


def test_a_timed_alert_is_opened_once_and_closed_when_it_holds_no_more() -> None:
    now = START + 2 * HOUR
    (opened,) = timed_alerts("p", {AlertKind.LAG: "so"}, {}, now)
    live = {opened.kind: opened}
    assert timed_alerts("p", {AlertKind.LAG: "more so"}, live, now + HOUR) == []
    (closed,) = timed_alerts("p", {}, live, now + HOUR)
    assert (closed.alert_id, closed.state) == (opened.alert_id, CLOSED)
    assert timed_alerts("p", {AlertKind.LAG: "again"}, {}, now + 2 * HOUR)[0].alert_id != opened.alert_id
