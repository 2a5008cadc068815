"""What organisers decide about alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from processors.alerts.alerts import AlertKind, AlertState, Step
from processors.alerts.works import contribution_alert
from processors.errors import InvalidInput
from processors.judging.affected import NOTHING, affected
from processors.programs.commands import Acknowledge, Command, Mute, decide
from processors.programs.events import AlertAcknowledged, AlertMuted, AlertUnmuted, Change
from processors.programs.program import Page
from processors.programs.states import ProgramState
from tests.unit.test_program_events import START, WIR, after

ALERT = replace(
    contribution_alert("wir", AlertKind.REVERTED, "en.wikipedia.org", 5, "Marie Curie", "Ada"),
    steps=(Step(AlertState.OPEN, START, "event"),),
)


def decided(command: Command, *before: Change) -> list[Change]:
    return [one.change for one in decide({"wir": after(*before)}, command, START)]


def muted(state: ProgramState, at: timedelta = timedelta()) -> bool:
    return state.alerts.muted(ALERT, START + at)


def test_an_alert_is_acknowledged_as_it_was_then() -> None:
    state = after(AlertAcknowledged(ALERT.alert_id))
    seen = state.alerts.seen(ALERT)
    assert seen is not None
    assert seen.by == "Actor 2"
    later = replace(ALERT, steps=(*ALERT.steps, Step(AlertState.CLOSED, START + timedelta(hours=1), "other")))
    assert state.alerts.seen(later) is None


@pytest.mark.parametrize(
    "what",
    [
        AlertMuted(ALERT.alert_id),
        AlertMuted(kind="reverted"),
        AlertMuted(page=Page("Marie Curie")),
        AlertMuted(page=Page("Marie Curie", "*.wikipedia.org")),
    ],
)
def test_an_alert_is_muted_by_itself_by_its_kind_and_by_its_page(what: AlertMuted) -> None:
    assert muted(after(what))
    assert not muted(after(what, AlertUnmuted(what.alert, what.kind, what.page)))
    hour = timedelta(hours=1)
    assert not muted(after(replace(what, until=START + hour)), hour)


@pytest.mark.parametrize(
    "what", [AlertMuted("f" * 32), AlertMuted(kind="lag"), AlertMuted(page=Page("Marie Curie", "fr.wikipedia.org"))]
)
def test_other_alerts_are_heard(what: AlertMuted) -> None:
    assert not muted(after(what))


def test_what_is_so_already_is_decided_once() -> None:
    assert decided(Mute("wir", kind="lag")) == [AlertMuted(kind="lag")]
    assert decided(Mute("wir", kind="lag"), AlertMuted(kind="lag")) == []
    assert decided(Mute("wir", kind="lag", muted=False)) == []
    assert decided(Mute("wir", kind="lag", muted=False), AlertMuted(kind="lag")) == [AlertUnmuted(kind="lag")]
    assert decided(Acknowledge("wir", "A" * 32)) == [AlertAcknowledged("a" * 32)]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (Mute("wir"), "one thing"),
        (Mute("wir", "a" * 32, "lag"), "one thing"),
        (Mute("wir", kind="revertd"), "did you mean reverted"),
        (Mute("wir", kind="lag", until=START), "is over"),
        (Acknowledge("wir", "5"), "32 hexadecimal digits"),
        (Acknowledge("other", "a" * 32), "no program"),
    ],
)
def test_what_cannot_be_says_why(command: Command, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        decided(command)


def test_decisions_about_alerts_touch_no_books() -> None:
    state = after(AlertAcknowledged(ALERT.alert_id), AlertMuted(kind="lag"))
    assert state.version == 3
    assert affected(WIR, state.program) == NOTHING
