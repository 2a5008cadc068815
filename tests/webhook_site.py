"""A store with programs, an outbox and a receiver, whose clock can be moved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

from api.webhooks import sending
from api.webhooks.guard import Guard
from deploy.delivering.deliverer import Deliverer
from deploy.delivering.office import StoreWebhooks
from deploy.delivering.outbox import Outbox
from deploy.delivering.telling import Teller
from deploy.delivering.vault import Vault, new_key
from deploy.programs.applying import apply_programs
from deploy.programs.commands import Commands
from processors.alerts.alerts import Alert, AlertKind, AlertState, Step, alert_id
from processors.alerts.changes import AlertChange
from processors.alerts.subscriptions import Subscription
from processors.ports.webhooks import Wanted
from processors.programs.definitions import parse_programs
from storage.clickhouse import ClickHouseStore
from storage.webhooks import ClickHouseWebhooks
from tests.receivers import Receiver
from tests.recorders import RecordedMetrics
from tests.stores import log_of

KEY = new_key()
PROGRAMS = """
slug: wir
title: Women in Red
sessions: [{start: "2026-11-23T00:00Z", end: "2026-12-24T00:00Z"}]
wikis: ["*.wikipedia.org"]
participants: [Ada, {user: Bob, hidden: true}]
campaigns: [autumn]
---
slug: secret
sessions: [{start: "2026-11-23T00:00Z", end: "2026-12-24T00:00Z"}]
wikis: ["*.wikipedia.org"]
participants: [Ada]
campaigns: [autumn]
visibility: private
"""


def change(title: str, *states: AlertState, program: str = "wir", users: Sequence[str] = ("Ada",)) -> AlertChange:
    """An alert with so many steps, all of them new."""
    at = datetime.now(UTC)
    steps = tuple(Step(state, at, f"{title} {state}", detail=f"step {n}") for n, state in enumerate(states))
    name = alert_id(program, AlertKind.SPEEDY, title, "e")
    return AlertChange(Alert(program, name, AlertKind.SPEEDY, "fr.wikipedia.org", title, tuple(users), steps), steps)


class Site:
    """A store with programs, what is queued for it and what delivers; its clock can be moved."""

    def __init__(self, store: ClickHouseStore, receiver: Receiver) -> None:
        self.store = store
        self.receiver = receiver
        self.moved = timedelta(0)
        self.metrics = RecordedMetrics()
        self.webhooks = ClickHouseWebhooks(store.connections)
        log = log_of(store)
        apply_programs(log, parse_programs(PROGRAMS, source="test"))
        self.commands = Commands(store, log, self.now)
        self.outbox = Outbox(store, self.commands.states, clock=self.now, base_url="https://tally.example")
        guard = Guard(["127.0.0.1"])
        self.vault = Vault([KEY])
        self.sender = sending.Sender(guard, user_agent="test")
        self.teller = Teller(self.sender, self.vault, self.now)
        self.desk = StoreWebhooks(self.webhooks, self.sender, self.teller, self.vault, self.now)
        self.woken = asyncio.Event()
        self.outbox.on_queued = self.woken.set

    def now(self) -> datetime:
        return datetime.now(UTC) + self.moved

    async def add(self, path: str, **more: Any) -> tuple[Subscription, str]:
        wanted = Wanted(**{"url": self.receiver.url(path), "program": "wir", **more})
        return await self.desk.add(wanted, by="Ada")

    def queue(self, *changes: AlertChange) -> int:
        # The subscriptions that it knows are a second old.
        self.outbox._read_at = None
        return self.outbox.enqueue(changes, int(self.now().timestamp() * 1_000_000))

    @asynccontextmanager
    async def delivering(self) -> AsyncIterator[Deliverer]:
        one = Deliverer(
            self.webhooks, self.teller, metrics=self.metrics, clock=self.now, woken=self.woken, jitter=lambda: 0.0
        )
        task = asyncio.create_task(one.run())
        try:
            yield one
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def arrived(self, number: int) -> None:
        """Wait until so many requests have."""
        await until(lambda: len(self.receiver.requests) == number)

    def state(self, subscription: str) -> dict[str, int]:
        """How many messages are in which state."""
        sql = f"SELECT state, count() FROM deliveries FINAL WHERE subscription = '{subscription}' GROUP BY state"
        return dict(self.store.connections.statement(sql)[0])


async def until(condition: Callable[[], Any], seconds: float = 20) -> None:
    """Wait for something to be so."""
    ends = perf_counter() + seconds
    while not condition():
        assert perf_counter() < ends, "it did not come to be so"
        await asyncio.sleep(0.02)
