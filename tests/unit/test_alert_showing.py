"""Alerts as everybody may see them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from processors.alerts.alerts import Alert, AlertKind, AlertState, Step
from processors.alerts.showing import OF_ONE, shown
from processors.alerts.works import contribution_alert
from processors.privacy.pseudonyms import Masks
from tests.histories import START, WIKI

SECRET, FORMER, OPEN = "Secret Person", "Former Name", "Ben"
MASKS = Masks({SECRET: "Participant 1"})


def names(user: str) -> frozenset[str]:
    return frozenset({SECRET, FORMER}) if user in (SECRET, FORMER) else frozenset({user})


users = st.lists(st.sampled_from([SECRET, FORMER, OPEN]), unique=True).map(tuple)
texts = st.sampled_from(
    ["", "spam", f"by {SECRET}", f"User:{SECRET.replace(' ', '_')}/x", f"[[User:{SECRET.upper()}]]"]
)
steps = st.builds(
    Step, st.sampled_from([AlertState.OPEN, AlertState.CLOSED]), st.just(START), st.just("e"),
    st.sampled_from(["", SECRET, FORMER, OPEN]), st.just(5), texts,
)  # fmt: skip
alerts = st.builds(
    Alert, st.just("p"), st.just("0" * 32), st.sampled_from(AlertKind), st.just(WIKI),
    st.sampled_from(["A", f"User:{SECRET}/Draft", f"User talk:{SECRET}"]), users,
    st.lists(steps, min_size=1).map(tuple),
)  # fmt: skip


@given(alerts)
def test_a_hidden_name_is_nowhere_and_other_names_stay(alert: Alert) -> None:
    found = shown(alert, MASKS, names)
    folded = repr(found).casefold().replace("_", " ")
    assert SECRET.casefold() not in folded
    assert FORMER.casefold() not in folded
    assert (OPEN in found.users) == (OPEN in alert.users)
    assert [one.state for one in found.steps] == [one.state for one in alert.steps]


@given(alerts)
def test_what_leads_to_somebody_who_hides_is_left_out(alert: Alert) -> None:
    found = shown(alert, MASKS, names)
    if alert.kind in OF_ONE and {SECRET, FORMER} & set(alert.users):
        assert {(one.rev_id, one.user, one.detail) for one in found.steps} == {(0, "", "")}


@given(alerts)
def test_where_nobody_hides_nothing_is_left_out(alert: Alert) -> None:
    assert shown(alert, Masks(), names) == alert


def test_where_everybody_is_hidden_nobody_is_named() -> None:
    alert = contribution_alert("p", AlertKind.SPEEDY, WIKI, 5, "A", OPEN)
    alert = replace(alert, steps=(Step(AlertState.TAGGED, START, "e", "Zoe", 5, "why"),))
    found = shown(alert, Masks(everyone=True), names)
    assert (found.users, found.steps[0].user, found.steps[0].detail) == (("Contributor",), "Contributor", "")
