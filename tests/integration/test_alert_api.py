"""Alerts over HTTP: feeds for everybody, decisions for whoever organises."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from processors.programs.tokens import Role
from storage.clickhouse import ClickHouseStore
from tests.acceptance.world import english
from tests.alerting import NOON, PROPOSED, SPEEDY, AlertWorld

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
visibility: private
"""
WOMEN = "/api/v1/programs/women/alerts"


@pytest.fixture
def world(store: ClickHouseStore) -> AlertWorld:
    world = AlertWorld.of(store, PROGRAMS)
    wiki = english(world)
    for number, (title, category) in enumerate((("A", SPEEDY), ("Ada/B?", PROPOSED))):
        wiki.new("Ada", title, 500, NOON + timedelta(minutes=number))
        wiki.categorize("Zoe", title, category, NOON + timedelta(minutes=number))
    world.read()
    return world


def kinds(feed: dict[str, Any]) -> list[str]:
    return [one["kind"] for one in feed["alerts"] if one["kind"] != "milestone"]


def test_the_feed_of_a_program_says_what_where_who_and_since_when(world: AlertWorld) -> None:
    feed = world.get(WOMEN, kind="proposed")
    assert feed["counts"]["speedy"] == 1
    assert {"as_of", "lag_seconds", "gaps"} <= feed.keys()
    (one,) = feed["alerts"]
    assert one | {"alert_id": "", "steps": []} == {
        "alert_id": "", "program": "women", "kind": "proposed", "state": "tagged", "live": True,
        "phrase": "proposed for deletion",
        "wiki": "en.wikipedia.org", "title": "Ada/B?", "url": "https://en.wikipedia.org/wiki/Ada/B%3F",
        "users": ["Ada"], "opened_at": "2020-02-21T12:01:00Z", "changed_at": "2020-02-21T12:01:00Z",
        "acknowledged": None, "muted": False, "steps": [],
    }  # fmt: skip
    assert one["steps"][0]["url"] == f"https://en.wikipedia.org/wiki/Special:Diff/{one['steps'][0]['rev_id']}"


def test_feeds_of_campaigns_pages_and_users(world: AlertWorld) -> None:
    assert set(kinds(world.get("/api/v1/campaigns/autumn/alerts"))) == {"speedy", "proposed"}
    assert kinds(world.get("/api/v1/wikis/enwiki/pages/Ada/B%3F/alerts")) == ["proposed"]
    assert set(kinds(world.get("/api/v1/users/ada/alerts"))) == {"speedy", "proposed"}
    assert kinds(world.get("/api/v1/users/Nobody/alerts")) == []
    world.get("/api/v1/campaigns/none/alerts", 404)
    world.get("/api/v1/wikis/nowiki.example/pages/A/alerts", 422)


def test_a_private_programs_alerts_are_there_with_its_token_only(world: AlertWorld) -> None:
    path = "/api/v1/programs/secret/alerts"
    world.get(path, 404)
    assert set(kinds(world.get(path, token=world.token(Role.VIEWER, "secret")))) == {"speedy", "proposed"}


def test_an_organiser_acknowledges_and_mutes(world: AlertWorld) -> None:
    token = world.token(Role.ORGANISER, "women")
    alert = world.get(WOMEN, kind="speedy")["alerts"][0]["alert_id"]
    world.post(f"{WOMEN}/{alert}/acknowledge", token=token)
    feed = world.get(WOMEN)
    assert (kinds(feed), feed["acknowledged"]) == (["proposed"], 1)
    shown = world.get(WOMEN, state="all", kind="speedy")["alerts"][0]["acknowledged"]
    assert shown["by"].startswith("organiser")
    world.post(f"{WOMEN}/mute", token=token, kind="proposed", until="2021-01-01T00:00Z", reason="known")
    assert kinds(world.get(WOMEN)) == []
    world.post(f"{WOMEN}/mute", token=token, kind="proposed", muted=False)
    assert kinds(world.get(WOMEN)) == ["proposed"]
    told = world.get("/api/v1/programs/women/history", token=token)["events"]
    assert [one["sentences"] for one in told][-1] == ["Everybody is told of alerts of the kind proposed again."]


def test_who_may_not_decide_is_refused(world: AlertWorld) -> None:
    alert = world.get(WOMEN, kind="speedy")["alerts"][0]["alert_id"]
    world.post(f"{WOMEN}/{alert}/acknowledge", 401)
    world.post(f"{WOMEN}/{alert}/acknowledge", 403, token=world.token(Role.VIEWER, "women"))
    token = world.token(Role.ORGANISER, "women")
    world.post(f"{WOMEN}/{'0' * 32}/acknowledge", 404, token=token)
    world.post(f"{WOMEN}/mute", 422, token=token)
    world.post(f"{WOMEN}/mute", 422, token=token, kind="proposed", page="A")
    world.get(WOMEN, 422, cursor="nonsense")
    world.get(WOMEN, 422, state="nonsense")
