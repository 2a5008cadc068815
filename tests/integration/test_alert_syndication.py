"""Feeds of alerts for feed readers over a real store: who may read them, and what hidden names leave in them."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import feedparser
import httpx
import pytest
from fastapi import FastAPI

from api.auth import Access, Refusal
from api.feed_routes import router
from api.program_bodies import problem
from deploy.answers.alert_feeds import StoreAlertFeeds
from deploy.programs.desk import StoreDesk
from processors.programs.commands import HideName
from processors.programs.tokens import Role
from storage.clickhouse import ClickHouseStore
from tests.acceptance.world import english
from tests.alerting import NOON, SPEEDY, AlertWorld

PROGRAMS = """
slug: women
title: Women in science
start: 2020-02-20T00:00
end: 2020-03-20T00:00
wiki: enwiki
namespaces: all
participants: [Ada, Ben]
---
slug: secret
title: Secret
start: 2020-02-20T00:00
end: 2020-03-20T00:00
wiki: enwiki
participants: [Ada]
visibility: private
"""


def later(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.fixture
def world(store: ClickHouseStore) -> AlertWorld:
    world = AlertWorld.of(store, PROGRAMS)
    wiki = english(world)
    for number, (user, title) in enumerate((("Ada", "Radium"), ("Ben", "User:Ben/Draft"))):
        wiki.new(user, title, 500, later(number))
        wiki.categorize("Zoe", title, SPEEDY, later(10 + number))
    wiki.categorize("Zoe", "Radium", SPEEDY, later(20), removed=True)
    world.read()
    return world


def get(world: AlertWorld, path: str, status: int = 200, token: str = "") -> Any:
    app = FastAPI()
    access = Access(StoreDesk(world.store, world.commands, world.clock))
    app.include_router(router(StoreAlertFeeds(world.store, world.clock), access, "https://tally.example.org"))

    @app.exception_handler(Refusal)
    async def refused(request: Any, error: Refusal) -> Any:
        return problem(error)

    async def ask() -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.get(path, headers=headers)

    answer = asyncio.run(ask())
    assert answer.status_code == status, answer.text
    parsed = feedparser.parse(answer.content)
    return answer, [entry.title for entry in parsed.entries]


def test_a_feed_tells_what_happened_to_the_pages_of_a_program(world: AlertWorld) -> None:
    answer, titles = get(world, "/programs/women/alerts.atom?kind=speedy")
    assert titles == [
        "Radium: no longer tagged for speedy deletion",
        "User:Ben/Draft: tagged for speedy deletion",
        "Radium: tagged for speedy deletion",
    ]
    assert "Secret" not in answer.text
    assert get(world, "/programs/women/alerts.rss?kind=speedy")[1] == titles


def test_a_private_program_s_feed_is_for_those_with_a_token(world: AlertWorld) -> None:
    refused, _ = get(world, "/programs/secret/alerts.atom", 404)
    assert "Radium" not in refused.text
    answer, titles = get(world, "/programs/secret/alerts.atom", token=world.token(Role.VIEWER, "secret"))
    assert "Radium: tagged for speedy deletion" in titles
    assert answer.headers["cache-control"].startswith("private")
    get(world, "/programs/secret/alerts.atom", 403, token=world.token(Role.VIEWER, "women"))


def test_whoever_hides_their_name_is_in_no_feed(world: AlertWorld) -> None:
    assert "Ben" in get(world, "/programs/women/alerts.atom")[0].text
    world.decide(HideName("women", "Ben"))
    for path in ("/programs/women/alerts.atom", "/programs/women/alerts.rss"):
        answer, titles = get(world, path)
        assert "Ben" not in answer.text
        assert "Radium: tagged for speedy deletion" in titles
