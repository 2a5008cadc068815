"""From a wiki's events to signed requests: each step of each alert once, in order, in the state that it led to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from api.webhooks.guard import Guard
from api.webhooks.sending import Sender
from deploy.alerting.alerting import Alerting
from deploy.alerting.keeping import AlertKeeper, States
from deploy.clock import now
from deploy.counting.worker import Worker
from deploy.delivering.deliverer import Deliverer
from deploy.delivering.office import StoreWebhooks
from deploy.delivering.outbox import Outbox
from deploy.delivering.telling import Teller
from deploy.delivering.vault import Vault, new_key
from ingest.tracking import PositionTracker
from processors.alerts.alerts import AlertKind, AlertState
from processors.metrics import NoMetrics
from processors.ports.webhooks import Wanted
from storage.clickhouse import ClickHouseStore
from storage.webhooks import ClickHouseWebhooks
from tests.acceptance.world import STREAMS, day, english
from tests.alerting import PROPOSED, RULES, AlertWorld
from tests.copied import LINES, PROGRAMS
from tests.receivers import Receiver, receiving
from tests.stores import log_of

NUMBERS = {AlertKind.MILESTONE, AlertKind.GOAL, AlertKind.LAG, AlertKind.GAP, AlertKind.SILENT, AlertKind.MASS_REVERTS}
WIKI_KINDS = frozenset(set(AlertKind) - NUMBERS)


@dataclass(slots=True)
class ToldWorld(AlertWorld):
    """Whoever counts writes to subscribers, too."""

    outbox: Outbox = field(init=False)

    def restart(self) -> None:
        def make(states: States) -> AlertKeeper:
            self.alerting = Alerting(self.store, states, rules=lambda: RULES, metrics=NoMetrics())
            self.outbox = Outbox(self.store, states, clock=self.clock)
            return AlertKeeper(self.alerting, self.outbox)

        tracker = PositionTracker(STREAMS, self.store.checkpoint(STREAMS), self.store.open_gaps())
        log = log_of(self.store)
        self.worker = Worker(self.store, log, tracker, metrics=NoMetrics(), clock=self.clock, alerts=make)
        self.worker.catch_up()


@asynccontextmanager
async def subscribed(world: ToldWorld, program: str) -> AsyncIterator[tuple[Receiver, str]]:
    """A receiver that is told of the program's alerts while the block lasts, and its secret."""
    vault, webhooks = Vault([new_key()]), ClickHouseWebhooks(world.store.connections)
    async with receiving() as receiver:
        sender = Sender(Guard(["127.0.0.1"]), user_agent="test")
        teller = Teller(sender, vault, now)
        desk = StoreWebhooks(webhooks, sender, teller, vault, now)
        _, secret = await desk.add(Wanted(receiver.url("/"), program, kinds=WIKI_KINDS), by="Ada")
        world.outbox._read_at = None
        one = Deliverer(webhooks, teller, metrics=NoMetrics(), clock=world.clock)
        task = asyncio.create_task(one.run())
        try:
            yield receiver, secret
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await sender.close()


async def arrived(receiver: Receiver, secret: str, number: int) -> list[dict[str, Any]]:
    """The messages, verified, once there are so many; and a while later there are no more."""
    async with asyncio.timeout(60):
        while len(receiver.requests) < number:
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.6)
    assert len(receiver.requests) == number
    return [Webhook(secret).verify(one.body, one.headers) for one in receiver.requests]


async def test_tag_untag_delete_restore_and_move_arrive_once_in_order(store: ClickHouseStore) -> None:
    world = ToldWorld.of(store)
    wiki = english(world)
    page, hour = "Marie Curie", "12:0{}"
    wiki.new("Ada", page, 1000, day(2, 21, "11:00"))
    world.read()
    async with subscribed(world, "women") as (receiver, secret):

        def at(minute: int) -> datetime:
            return day(2, 21, hour.format(minute))

        wiki.edit("Zoe", page, 10, at(1))
        wiki.categorize("Zoe", page, PROPOSED, at(1))
        world.read()
        wiki.edit("Zoe", page, 10, at(2))
        wiki.categorize("Zoe", page, PROPOSED, at(2), removed=True)
        wiki.delete("Admin", page, at(3), "no sources")
        world.read()
        wiki.restore("Admin", page, at(4))
        wiki.move("Zoe", page, f"Draft:{page}", at(5))
        world.read()
        world.restart()
        wiki.move("Ada", f"Draft:{page}", "Marie Skłodowska", at(6))
        world.read()
        messages = await arrived(receiver, secret, 6)
    assert [(one["type"], one["data"]["kind"]) for one in messages] == [
        ("alert.tagged", "proposed"),
        ("alert.untagged", "proposed"),
        ("alert.deleted", "deleted"),
        ("alert.restored", "deleted"),
        ("alert.open", "moved_out"),
        ("alert.closed", "moved_out"),
    ]
    assert [one["timestamp"][11:16] for one in messages] == [hour.format(minute) for minute in range(1, 7)]
    assert {tuple(one["data"]["users"]) for one in messages} == {("Ada",)}
    assert len({one.headers["webhook-id"] for one in receiver.requests}) == 6


@pytest.mark.parametrize("at_once", [40, 900])
async def test_the_afternoon_of_a_real_wiki_arrives_step_by_step(store: ClickHouseStore, at_once: int) -> None:
    world = ToldWorld(store, datetime(2026, 11, 23, 12, tzinfo=UTC))
    world.apply(PROGRAMS)
    async with subscribed(world, "everyone") as (receiver, secret):
        for start in range(0, 900, at_once):
            world.read_events(LINES[start : min(900, start + at_once)])
        world.read_events(LINES[:900])
        alerts = {one.alert_id: one for one in world.alerts(*WIKI_KINDS) if one.program == "everyone"}
        steps = {name: [f"alert.{step.state}" for step in one.steps] for name, one in alerts.items()}
        assert {AlertState.DELETED, AlertState.RESTORED} <= {
            step.state for one in alerts.values() for step in one.steps
        }
        messages = await arrived(receiver, secret, sum(map(len, steps.values())))
    heard: dict[str, list[str]] = {name: [] for name in steps}
    for one in messages:
        heard[one["data"]["alert_id"]].append(one["type"])
    assert heard == steps
