"""Feeds of alerts on a real store, and what everybody may see of them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from deploy.answers.alert_feeds import StoreAlertFeeds
from processors.alerts.alerts import AlertKind, AlertState
from processors.errors import InvalidInput
from processors.ports.alerts import EVERYTHING, FeedFilter, Standing
from processors.programs.commands import Acknowledge, HideName, Mute
from processors.programs.program import Page, Visibility
from storage.clickhouse import ClickHouseStore
from tests.acceptance.little_wiki import LittleWiki
from tests.acceptance.world import english
from tests.alerting import DISCUSSED, NOON, PROPOSED, SPEEDY, AlertWorld

PROGRAMS = """
slug: women
title: Women in science
start: 2020-02-20T00:00
end: 2020-03-20T00:00
wiki: enwiki
participants: [Ada, Ben]
campaigns: [autumn]
---
slug: secret
start: 2020-02-20T00:00
end: 2020-03-20T00:00
wiki: enwiki
participants: [Ada]
campaigns: [autumn]
visibility: private
"""
WIKI = "en.wikipedia.org"
KINDS = frozenset({AlertKind.SPEEDY, AlertKind.PROPOSED, AlertKind.DISCUSSION, AlertKind.REVERTED})
PUBLIC = (Visibility.PUBLIC,)


def later(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.fixture
def world(store: ClickHouseStore) -> AlertWorld:
    world = AlertWorld.of(store, PROGRAMS)
    wiki: LittleWiki = english(world)
    for number, (user, title) in enumerate((("Ada", "A"), ("Ben", "B"), ("Ada", "User:Ada/C"), ("Ben", "D"))):
        wiki.new(user, title, 500, later(number))
    revision = wiki.edit("Ben", "D", 5, later(9))
    for number, (title, category) in enumerate((("A", SPEEDY), ("B", PROPOSED), ("D", DISCUSSED))):
        wiki.categorize("Zoe", title, category, later(10 + number))
    wiki.categorize("Zoe", "A", SPEEDY, later(20), removed=True)
    world.read()
    wiki.tag(revision, "mw-reverted", at=later(30))
    world.read()
    return world


def feeds(world: AlertWorld) -> StoreAlertFeeds:
    return StoreAlertFeeds(world.store, world.clock)


def titles(world: AlertWorld, wanted: FeedFilter = FeedFilter(kinds=KINDS)) -> list[str]:  # noqa: B008
    feed = feeds(world).read_program("women", wanted, PUBLIC)
    assert feed is not None
    return [one.alert.title for one in feed.alerts]


def test_a_feed_has_what_is_live_and_counts_what_it_leaves_out(world: AlertWorld) -> None:
    feed = feeds(world).read_program("women", FeedFilter(kinds=frozenset({AlertKind.PROPOSED})), PUBLIC)
    assert feed is not None
    assert [one.alert.title for one in feed.alerts] == ["B"]
    assert feed.title == "Women in science"
    assert {kind: feed.counts.get(kind, 0) for kind in KINDS} == {
        AlertKind.SPEEDY: 0, AlertKind.PROPOSED: 1, AlertKind.DISCUSSION: 1, AlertKind.REVERTED: 1,
    }  # fmt: skip
    assert feed.freshness.as_of is not None


def test_a_feed_is_filtered_by_state_and_time_and_goes_on_page_by_page(world: AlertWorld) -> None:
    assert titles(world) == ["D", "D", "B"]
    assert titles(world, FeedFilter(KINDS, Standing.ALL)) == ["D", "A", "D", "B"]
    assert titles(world, FeedFilter(KINDS, AlertState.UNTAGGED)) == ["A"]
    assert titles(world, FeedFilter(KINDS, since=later(12))) == ["D", "D"]
    seen, cursor = [], ""
    for _ in range(4):
        feed = feeds(world).read_program("women", FeedFilter(KINDS, Standing.ALL, limit=1, cursor=cursor), PUBLIC)
        assert feed is not None
        seen += [one.alert.title for one in feed.alerts]
        cursor = feed.next_cursor
    assert (seen, cursor) == (["D", "A", "D", "B"], "")
    with pytest.raises(InvalidInput, match="cursor"):
        titles(world, FeedFilter(cursor="x"))


def test_what_is_acknowledged_or_muted_is_left_out_of_what_is_live(world: AlertWorld) -> None:
    (proposed,) = world.alerts(AlertKind.PROPOSED)
    world.decide(Acknowledge("women", proposed.alert_id))
    assert titles(world) == ["D", "D"]
    world.decide(Mute("women", kind="reverted"))
    assert titles(world) == ["D"]
    world.decide(Mute("women", page=Page("D", WIKI)))
    assert titles(world) == []
    feed = feeds(world).read_program("women", EVERYTHING, PUBLIC)
    assert feed is not None
    shown = {(one.alert.title, one.alert.kind): (one.acknowledged_by, one.muted) for one in feed.alerts}
    assert shown["B", AlertKind.PROPOSED] == ("Olga", False)
    assert shown["D", AlertKind.DISCUSSION] == ("", True)
    assert feed.muted["acknowledged"] == 1


def test_an_acknowledged_alert_comes_back_when_something_happens(world: AlertWorld) -> None:
    (proposed,) = world.alerts(AlertKind.PROPOSED)
    world.decide(Acknowledge("women", proposed.alert_id))
    wiki = english(world)
    wiki.new("Zoe", "B", 1, world.now - timedelta(minutes=1))
    world.stream.take()
    wiki.delete("Admin", "B", world.now + timedelta(minutes=5))
    world.read()
    assert "B" in titles(world)


def test_a_private_program_is_in_no_feed_of_others(world: AlertWorld) -> None:
    assert feeds(world).read_program("secret", EVERYTHING, PUBLIC) is None
    for feed in (
        feeds(world).read_page(WIKI, "A", EVERYTHING, PUBLIC),
        feeds(world).read_user("Ada", EVERYTHING, PUBLIC),
        feeds(world).read_campaign("autumn", EVERYTHING, PUBLIC),
    ):
        assert feed is not None
        assert {one.alert.program for one in feed.alerts} == {"women"}
    whole = feeds(world).read_program("secret", EVERYTHING)
    assert whole is not None
    assert "A" in [one.alert.title for one in whole.alerts]


def test_feeds_of_pages_and_of_participants(world: AlertWorld) -> None:
    page = feeds(world).read_page(WIKI, "D", FeedFilter(kinds=KINDS), PUBLIC)
    assert {one.alert.kind for one in page.alerts} == {AlertKind.DISCUSSION, AlertKind.REVERTED}
    user = feeds(world).read_user("Ada", FeedFilter(KINDS, Standing.ALL), PUBLIC)
    assert [one.alert.title for one in user.alerts] == ["A"]


def test_hidden_names_are_pseudonyms_and_lead_to_nobody(world: AlertWorld) -> None:
    world.decide(HideName("women", "Ben"))
    feed = feeds(world).read_program("women", EVERYTHING, PUBLIC)
    assert feed is not None
    assert "Ben" not in repr(feed)
    (reverted,) = [one.alert for one in feed.alerts if one.alert.kind is AlertKind.REVERTED]
    assert (reverted.users, reverted.steps[0].rev_id) == (("Participant 2",), 0)
    assert feeds(world).read_user("Ben", EVERYTHING, PUBLIC).alerts == ()
    named = feeds(world).read_program("women", EVERYTHING, names=True)
    assert "Ben" in repr(named)
