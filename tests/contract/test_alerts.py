"""Alerts are the same on every kind of server, and every query about them is asked on each."""

from __future__ import annotations

from datetime import timedelta
from importlib import resources
from typing import Any

import pytest

from deploy.answers.alert_feeds import StoreAlertFeeds
from processors.alerts.alerts import AlertKind, AlertState
from processors.judging.contributions import PageRef
from processors.ports.alerts import EVERYTHING, FeedFilter
from processors.privacy.forgetting import Alias, Forgetting
from processors.privacy.hiding import USER, Hiding
from processors.programs.commands import Acknowledge, Mute
from processors.programs.program import Page
from storage.alert_privacy import forget_in_alerts, hide_in_alerts
from storage.changes import ClickHouseChanges
from storage.clickhouse import ClickHouseStore
from storage.connection import Connections
from tests.acceptance.little_wiki import LittleWiki
from tests.acceptance.world import day, english
from tests.alerting import PROGRAM as WOMEN
from tests.alerting import PROPOSED, SPEEDY, AlertWorld, log
from tests.contract.test_same_answers import OF_ALERTS

PROGRAM = WOMEN + "namespaces: {default: [0, 2]}\ncampaigns: [autumn]\ngoals: {edits: 3}\n"
NOON, WIKI = day(2, 21, "12:00"), "en.wikipedia.org"
_asked: set[str] = set()


@pytest.fixture(autouse=True)
def _noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Note each named query that is run."""
    _asked.clear()
    for method in ("rows", "records", "everywhere"):
        run = getattr(Connections, method)

        def noted(self: Connections, name: str, *args: Any, run: Any = run, **more: Any) -> Any:
            _asked.add(name)
            return run(self, name, *args, **more)

        monkeypatch.setattr(Connections, method, noted)


def afternoon(world: AlertWorld) -> dict[str, int]:
    """Read what happened to some pages, in two batches; return revisions by what they did."""
    wiki = english(world)
    made = {"draft": wiki.new("Ada", "User:Ada/Draft", 500, NOON), "article": wiki.new("Ben", "A", 500, NOON)}
    made["tag"] = wiki.edit("Zoe", "A", 10, NOON + timedelta(minutes=1))
    wiki.categorize("Zoe", "A", SPEEDY, NOON + timedelta(minutes=1))
    made["more"] = wiki.edit("Ben", "A", 10, NOON + timedelta(minutes=2))
    world.read()
    wiki.categorize("Ada", "User:Ada/Draft", PROPOSED, NOON + timedelta(minutes=3))
    wiki.move("Zoe", "A", "Draft:A", NOON + timedelta(minutes=4))
    wiki.delete("Admin", "Draft:A", NOON + timedelta(minutes=5))
    wiki.delete("Admin", wiki_page(wiki, "Elsewhere"), NOON + timedelta(minutes=5))
    log(wiki, "Admin", "User:Ben", NOON + timedelta(minutes=6), "block", "block")
    wiki.tag(made["more"], "mw-reverted", at=NOON + timedelta(minutes=7))
    wiki.hide("Admin", made["article"], 1, NOON + timedelta(minutes=8))
    world.read()
    return made


def wiki_page(wiki: LittleWiki, title: str) -> str:
    wiki.new("Zoe", title, 10, NOON)
    return title


def told(world: AlertWorld, *kinds: AlertKind) -> list[tuple[str, str, list[str], tuple[str, ...]]]:
    return [(one.kind, one.title, [step.state for step in one.steps], one.users) for one in world.alerts(*kinds)]


def test_alerts_are_the_same_on_every_kind_of_server(any_store: ClickHouseStore) -> None:
    world = AlertWorld(any_store, day(1, 1))
    world.apply(PROGRAM)
    made = afternoon(world)
    kinds = [one for one in AlertKind if one is not AlertKind.MILESTONE]
    assert sorted(told(world, *kinds)) == [
        ("blocked", "", ["open"], ("Ben",)),
        ("goal", "", ["open", "closed"], ()),
        ("moved_out", "Draft:A", ["open", "closed"], ("Ben",)),
        ("proposed", "User:Ada/Draft", ["tagged"], ("Ada",)),
        ("reverted", "Draft:A", ["open"], ("Ben",)),
        ("speedy", "Draft:A", ["tagged", "deleted"], ("Ben",)),
        ("suppressed", "A", ["open"], ("Ben",)),
    ]
    _feeds(world)
    _over_time(world)
    hidden = [Hiding(WIKI, "enwiki", made[name], USER) for name in ("tag", "more")]
    hide_in_alerts(any_store.connections, hidden)
    assert told(world, AlertKind.REVERTED)[0][3] == ()
    ever = Alias("Ada", day(1, 1, year=2001), day(1, 1, year=2100), shared=False)
    forget_in_alerts(any_store.connections, Forgetting((ever,), "(forgotten 1)"))
    assert told(world, AlertKind.PROPOSED) == [("proposed", "User:(forgotten 1)/Draft", ["tagged"], ("(forgotten 1)",))]
    pages = {PageRef(WIKI, "Elsewhere"), PageRef(WIKI, "A"), PageRef(WIKI, "User:Ben")}
    any_store.drop_facts(NOON + timedelta(days=1))
    assert {one.title for one in world.alerting._store.signals_of_pages(pages)} == {"A", "User:Ben"}
    any_store.settle()
    queries = resources.files("storage").joinpath("queries").iterdir()
    known = {file.name.removesuffix(".sql") for file in queries}
    assert {name for name in known if name.startswith(OF_ALERTS)} - _asked == set()


def _feeds(world: AlertWorld) -> None:
    (proposed,) = world.alerts(AlertKind.PROPOSED)
    world.decide(Acknowledge("women", proposed.alert_id), Mute("women", kind="blocked"))
    world.decide(Mute("women", page=Page("Draft:A", WIKI)))
    feeds = StoreAlertFeeds(world.store, world.clock)
    live = feeds.read_program("women", FeedFilter())
    whole = feeds.read_program("women", EVERYTHING, names=True)
    campaign = feeds.read_campaign("autumn", EVERYTHING, names=True)
    assert live is not None
    assert whole is not None
    assert {one.alert.kind for one in live.alerts} == {AlertKind.SUPPRESSED, AlertKind.MILESTONE}
    assert campaign is not None
    assert campaign.alerts == whole.alerts
    assert whole.counts[AlertKind.SPEEDY] == 1
    assert {one.alert.kind for one in whole.alerts if one.muted} == {
        AlertKind.BLOCKED, AlertKind.SPEEDY, AlertKind.MOVED_OUT, AlertKind.REVERTED,
    }  # fmt: skip
    assert [one.acknowledged_by for one in whole.alerts if one.alert == proposed] == ["Olga"]
    assert len(feeds.read_page(WIKI, "Draft:A", EVERYTHING).alerts) == 3
    assert {one.alert.kind for one in feeds.read_user("Ada", EVERYTHING, names=True).alerts} == {AlertKind.PROPOSED}


def _over_time(world: AlertWorld) -> None:
    store = world.alerting._store
    now = NOON + timedelta(hours=1)
    world.alerting.check_time(now, world.store.freshness(lambda: now), world.store.newest_version() + 1_000)
    (lag,) = store.open_alerts([AlertKind.LAG])
    assert lag.state is AlertState.OPEN
    assert ("women", lag.alert_id) in [each[:2] for each in ClickHouseChanges(world.store.connections).alerts(0)]
    assert ("women", PageRef(WIKI, "Draft:A")) in store.alerted_pages([AlertKind.SPEEDY])
    world.restart()
    world.read()
    assert AlertKind.LAG in [one.alert.kind for one in world.heard]
