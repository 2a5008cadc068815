"""What is counted of alerts: each step once, when it came to be known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from processors.alerts.alerts import Alert
from processors.errors import StoreUnavailable
from processors.metrics import ALERT_STEPS
from processors.ports.store import RawEvent
from storage.alerts import ClickHouseAlerts
from storage.clickhouse import ClickHouseStore
from tests.acceptance.little_wiki import LittleWiki
from tests.acceptance.world import english
from tests.alerting import NOON, SPEEDY, AlertWorld

TAGGED_AND_DELETED = {("speedy", "tagged"): 1, ("speedy", "deleted"): 1}


@pytest.fixture
def world(store: ClickHouseStore) -> AlertWorld:
    return AlertWorld.of(store)


@pytest.fixture
def wiki(world: AlertWorld) -> LittleWiki:
    wiki = english(world)
    wiki.new("Ada", "Marie Curie", 500, NOON)
    wiki.categorize("Zoe", "Marie Curie", SPEEDY, NOON + timedelta(minutes=1))
    wiki.delete("Admin", "Marie Curie", NOON + timedelta(minutes=2))
    return wiki


def counted(world: AlertWorld) -> dict[tuple[str, ...], int]:
    """By kind and state."""
    return {tuple(key[1:]): count for key, count in world.metrics.counts.items() if key[0] == ALERT_STEPS.name}


def pages(world: AlertWorld) -> dict[tuple[str, ...], int]:
    return {labels: count for labels, count in counted(world).items() if labels[0] == "speedy"}


def test_each_step_is_counted_by_kind_and_state(world: AlertWorld, wiki: LittleWiki) -> None:
    world.read()
    assert pages(world) == TAGGED_AND_DELETED


def test_a_batch_that_is_read_again_is_told_again_and_not_counted_again(world: AlertWorld, wiki: LittleWiki) -> None:
    events = world.stream.take()
    world.read_events(events)
    world.restart()
    world.read_events(events)
    assert world.told()
    assert pages(world) == TAGGED_AND_DELETED


@pytest.mark.parametrize("taken", [True, False], ids=["taken", "not taken"])
def test_a_commit_that_is_repeated_counts_once_whether_or_not_the_store_had_taken_it(
    world: AlertWorld, wiki: LittleWiki, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    write = ClickHouseAlerts.write_alerts
    failing = True

    def fails_once(
        self: ClickHouseAlerts, alerts: Sequence[tuple[Alert, int]], gone: Sequence[Alert], version: int
    ) -> None:
        nonlocal failing
        if taken or not failing:
            write(self, alerts, gone, version)
        if alerts and failing:
            failing = False
            raise StoreUnavailable("broken off")

    monkeypatch.setattr(ClickHouseAlerts, "write_alerts", fails_once)
    plan = world.worker.read([RawEvent(event) for event in world.stream.take()])
    with pytest.raises(StoreUnavailable):
        world.worker.commit(plan)
    assert counted(world) == {}
    world.worker.commit(plan)
    assert pages(world) == TAGGED_AND_DELETED
