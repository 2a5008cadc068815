"""Alerts as folds of what happened to a page, whatever the order in which it came in."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from processors.alerts.alerts import TAGS, Alert, AlertKind, AlertState
from processors.alerts.lifecycle import block_alerts, page_alerts
from processors.alerts.signals import Act, Signal, signals
from processors.alerts.stories import Story, stories
from processors.facts.facts import Fact
from tests.alert_histories import (
    DISCUSSED,
    OFF,
    ON,
    PROPOSED,
    PUT_ON,
    RULES,
    SPEEDY,
    SPEEDY_TOO,
    TAKEN_OFF,
    commented,
    lives,
    logged,
    tag,
)
from tests.histories import WIKI, deleted, edit, moved, namespace_of, restored

TAGGED, UNTAGGED, DELETED = AlertState.TAGGED, AlertState.UNTAGGED, AlertState.DELETED
Lines = list[tuple[AlertKind, list[AlertState]]]


def read(facts: Iterable[Fact]) -> list[Signal]:
    return [one for fact in facts for one in signals(fact, RULES.of(fact.wiki))]


def tracks(title: str, namespace: int | None) -> bool:
    return (namespace_of(title) if namespace is None else namespace) == 0


def alerts(*facts: Fact, story: str | None = None) -> list[Alert]:
    """Of all pages, or of the one that is at a title."""
    found = [one for one in stories(read(facts)) if story in (None, one.title)]
    return [alert for one in found for alert in page_alerts("p", one, tracks, ["Ada"])]


def lines(*facts: Fact) -> Lines:
    return [(one.kind, [step.state for step in one.steps]) for one in alerts(*facts)]


def test_a_tag_that_is_taken_off_leaves_a_closed_alert() -> None:
    found = alerts(tag(1, PROPOSED, "A", rev_id=7), tag(2, PROPOSED, "A", OFF, rev_id=8))
    assert [(one.kind, one.state, one.title, one.users) for one in found] == [
        (AlertKind.PROPOSED, UNTAGGED, "A", ("Ada",))
    ]
    assert [(step.user, step.rev_id, step.detail) for step in found[0].steps] == [
        ("Zoe", 7, PROPOSED),
        ("Zoe", 8, PROPOSED),
    ]


def test_a_discussion_that_ends_without_deletion_kept_the_page() -> None:
    assert lines(tag(1, DISCUSSED, "A"), tag(2, DISCUSSED, "A", OFF)) == [
        (AlertKind.DISCUSSION, [TAGGED, AlertState.KEPT])
    ]


def test_a_deletion_is_a_step_of_every_live_tag() -> None:
    assert lines(tag(1, DISCUSSED, "A"), tag(2, SPEEDY, "A"), deleted(3, "A")) == [
        (AlertKind.DISCUSSION, [TAGGED, DELETED]),
        (AlertKind.SPEEDY, [TAGGED, DELETED]),
    ]


def test_a_deletion_without_a_live_tag_is_an_alert_of_its_own() -> None:
    assert lines(tag(1, PROPOSED, "A"), tag(2, PROPOSED, "A", OFF), deleted(3, "A"), restored(4, "A")) == [
        (AlertKind.PROPOSED, [TAGGED, UNTAGGED]),
        (AlertKind.DELETED, [DELETED, AlertState.RESTORED]),
    ]


def test_a_page_that_is_tagged_again_gets_another_alert() -> None:
    found = alerts(tag(1, SPEEDY, "A"), tag(2, SPEEDY, "A", OFF), tag(3, SPEEDY, "A"))
    assert [one.state for one in found] == [UNTAGGED, TAGGED]
    assert len({one.alert_id for one in found}) == 2


def test_a_page_that_changes_between_categories_of_a_kind_stays_tagged() -> None:
    bundled = [tag(6, SPEEDY, "A", OFF, rev_id=9), tag(7, SPEEDY_TOO, "A", ON, rev_id=9)]
    assert lines(tag(1, SPEEDY, "A", rev_id=7), *bundled) == [(AlertKind.SPEEDY, [TAGGED])]


def test_a_page_in_two_categories_of_a_kind_is_tagged_until_it_is_in_neither() -> None:
    both = [tag(1, SPEEDY, "A"), tag(2, SPEEDY_TOO, "A")]
    assert lines(*both, tag(3, SPEEDY, "A", OFF)) == [(AlertKind.SPEEDY, [TAGGED])]
    assert lines(*both, tag(3, SPEEDY, "A", OFF), tag(4, SPEEDY_TOO, "A", OFF)) == [
        (AlertKind.SPEEDY, [TAGGED, UNTAGGED])
    ]


def test_a_summary_and_the_category_that_follows_it_are_one_alert() -> None:
    on = [commented(1, "A", PUT_ON), tag(2, SPEEDY, "A", rev_id=5001)]
    assert lines(*on) == [(AlertKind.SPEEDY, [TAGGED])]
    assert lines(*on, commented(3, "A", TAKEN_OFF)) == [(AlertKind.SPEEDY, [TAGGED])]
    assert lines(*on, tag(4, SPEEDY, "A", OFF)) == [(AlertKind.SPEEDY, [TAGGED, UNTAGGED])]


def test_a_tag_that_only_a_summary_told_ends_by_a_summary() -> None:
    assert lines(commented(1, "A", PUT_ON), commented(2, "A", TAKEN_OFF)) == [(AlertKind.SPEEDY, [TAGGED, UNTAGGED])]


def test_an_alert_follows_its_page_through_moves() -> None:
    (found,) = alerts(tag(1, SPEEDY, "A"), moved(4, "A", "B"), tag(7, SPEEDY, "B", OFF), story="B")
    assert (found.title, found.state) == ("B", UNTAGGED)


def test_a_page_moved_out_of_the_tracked_namespaces_is_an_alert_until_it_is_back() -> None:
    out = moved(1, "A", "User:Ada/Draft")
    (found,) = alerts(out)
    assert (found.kind, found.state, found.title) == (AlertKind.MOVED_OUT, AlertState.OPEN, "User:Ada/Draft")
    assert found.steps[0].detail == "User:Ada/Draft"
    assert lines(out, moved(4, "User:Ada/Draft", "B")) == [(AlertKind.MOVED_OUT, [AlertState.OPEN, AlertState.CLOSED])]
    assert lines(moved(1, "User:Ada/Draft", "A")) == []


def test_a_page_made_anew_where_another_was_deleted_has_a_story_of_its_own() -> None:
    told = list(stories(read([tag(1, SPEEDY, "A"), deleted(4, "A"), tag(9, PROPOSED, "A")])))
    assert [[one.act for one in story.signals] for story in told] == [[Act.TAGGED, Act.DELETED], [Act.TAGGED]]
    assert told[0].until is not None
    assert not told[1].covers(told[0].signals[0].order.occurred_at)


def test_protection_is_open_until_it_is_taken_off() -> None:
    on, more, off = (
        logged(number, "protect", action, "A") for number, action in enumerate(("protect", "modify", "unprotect"))
    )
    assert lines(on, more) == [(AlertKind.PROTECTED, [AlertState.OPEN])]
    assert lines(on, more, off) == [(AlertKind.PROTECTED, [AlertState.OPEN, AlertState.CLOSED])]


def test_a_block_is_about_the_user_and_no_page() -> None:
    blocks = read([logged(1, "block", "block", "User:Ada"), logged(2, "block", "unblock", "User:Ada")])
    (found,) = block_alerts("p", WIKI, "Ada", [*blocks, *blocks])
    assert (found.kind, found.title, found.users, found.state) == (
        AlertKind.BLOCKED,
        "",
        ("Ada",),
        AlertState.CLOSED,
    )
    (story,) = stories(blocks)
    assert page_alerts("p", story, tracks, []) == []


def test_an_edit_like_others_says_nothing() -> None:
    assert read([edit(1, "A"), edit(2, "A", comment="typo")]) == []


def canonical(facts: Iterable[Fact]) -> set[Alert]:
    return {alert for story in stories(read(facts)) for alert in page_alerts("p", story, tracks, ["Ada"])}


@given(st.data())
def test_alerts_are_the_same_in_whatever_order_and_however_often_facts_come(data: st.DataObject) -> None:
    facts = data.draw(lives())
    repeated = [fact for fact in facts if data.draw(st.booleans())]
    assert canonical(data.draw(st.permutations([*facts, *repeated]))) == canonical(facts)


@given(lives())
def test_every_alert_has_an_id_of_its_own_and_steps_that_alternate_in_time(facts: list[Fact]) -> None:
    found = [alert for story in stories(read(facts)) for alert in page_alerts("p", story, tracks, [])]
    assert len({one.alert_id for one in found}) == len(found)
    for one in found:
        states = [step.state for step in one.steps]
        assert all(before != after for before, after in pairwise(states))
        assert [step.at for step in one.steps] == sorted(step.at for step in one.steps)


@given(lives())
def test_a_page_has_at_most_one_live_alert_of_a_kind(facts: list[Fact]) -> None:
    def live(story: Story) -> list[AlertKind]:
        found = page_alerts("p", story, tracks, [])
        return [one.kind for one in found if one.kind in TAGS and one.state is TAGGED]

    assert all(len(live(story)) == len(set(live(story))) for story in stories(read(facts)))
