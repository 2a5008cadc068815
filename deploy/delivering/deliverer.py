"""The outbox's way out: what is due is sent, and what became of it is stored.

At least once: a message is marked as sent after it was. Whoever dies between the two sends it again, under its id.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

import structlog

from deploy.delivering.queue import MOST_IN_MEMORY, Queue
from deploy.delivering.telling import Teller
from deploy.looping import set_within
from processors import metrics as m
from processors.alerts.delivery import Delivery, DeliveryState, Outcome, given_up, too_old
from processors.alerts.subscriptions import Subscription
from processors.errors import StoreUnavailable
from processors.metrics import Metrics
from storage.webhooks import ClickHouseWebhooks

_log = structlog.get_logger()

LOOK_EVERY = 0.25
"""Seconds between two looks into the store."""
STORE_EVERY = 0.2
"""Seconds between two writes of outcomes: each is a part in the store; who dies repeats so much."""
SUBSCRIPTIONS_EVERY = 1.0
ALL_EVERY = 60.0
"""Seconds between two looks at all that is pending, in case the clocks of the store's servers are apart."""
LATE = 10_000_000
"""Microseconds by which rows may become visible after newer ones."""
WHEN_AWAY = 1.0
"""Seconds until the store is asked again that did not answer."""


class Deliverer:
    """Belongs to one event loop. One at a time per store, or messages arrive twice.

    Args:
        woken: set when something was queued in this process, so that it need not be looked for.
        jitter: from [0, 1), at random.
    """

    def __init__(
        self,
        webhooks: ClickHouseWebhooks,
        teller: Teller,
        *,
        metrics: Metrics,
        clock: Callable[[], datetime],
        woken: asyncio.Event | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._webhooks = webhooks
        self._teller = teller
        self._metrics = metrics
        self._clock = clock
        self._woken = woken or asyncio.Event()
        self._jitter = jitter
        self._queue = Queue()
        self._subscriptions: dict[str, Subscription] = {}
        self._gone: set[str] = set()
        """Subscriptions whose endpoint said so, whatever the store says yet."""
        self._subscriptions_at = self._all_at = float("-inf")
        self._newest = 0
        self._outcomes: list[tuple[Delivery, datetime, bool]] = []
        """What is to be stored: the delivery as it is now, when, and whether it was tried."""
        self._unstored = asyncio.Event()
        self._changed = asyncio.Event()
        """Something may be due now that was not."""
        self._attempts: set[asyncio.Task[None]] = set()
        self._unknown: list[Delivery] = []
        """Taken, and for subscriptions that were not there when they were last read."""

    async def run(self) -> None:
        """Deliver until cancelled. What is under way then is not waited for: it will be sent again."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read(), name="webhooks: reading")
                tasks.create_task(self._store(), name="webhooks: storing")
                tasks.create_task(self._dispatch(), name="webhooks: dispatching")
        finally:
            # Whoever delivers next tells of them.
            self._metrics.unset(m.WEBHOOK_PENDING)
            self._metrics.unset(m.WEBHOOK_OPEN)
            for one in list(self._attempts):
                one.cancel()
            await asyncio.gather(*self._attempts, return_exceptions=True)
            with suppress(StoreUnavailable):
                await asyncio.to_thread(self._write, self._outcomes)

    async def _read(self) -> None:
        while True:
            try:
                await self._look()
            except StoreUnavailable as error:
                _log.warning("the outbox cannot be read", error=str(error))
                await asyncio.sleep(WHEN_AWAY)
            await set_within(self._woken, LOOK_EVERY)
            self._woken.clear()

    async def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._unknown or now - self._subscriptions_at >= SUBSCRIPTIONS_EVERY:
            unknown, self._unknown = self._unknown, []
            try:
                found = await asyncio.to_thread(self._webhooks.subscriptions)
            except StoreUnavailable:
                self._unknown += unknown
                raise
            self._subscriptions = {one.id: one for one in found}
            self._subscriptions_at = now
            self._end(unknown)
        if not self._subscriptions and not self._queue:
            self._show()
            return
        for name in list(self._queue.wanting()):
            found_of = await asyncio.to_thread(self._webhooks.pending, MOST_IN_MEMORY, name)
            self._queue.refill(name, found_of)
        if now - self._all_at >= ALL_EVERY:
            newest = await asyncio.to_thread(self._webhooks.newest, self._newest)
            deliveries = await asyncio.to_thread(self._webhooks.pending, MOST_IN_MEMORY)
            self._all_at = now
        else:
            newest = await asyncio.to_thread(self._webhooks.newest, self._newest)
            since = max(0, self._newest - LATE)
            deliveries = await asyncio.to_thread(self._webhooks.pending_since, since) if newest > self._newest else []
        self._newest = newest
        self._queue.add(deliveries)
        self._show()
        self._changed.set()

    def _show(self) -> None:
        self._metrics.set(m.WEBHOOK_PENDING, len(self._queue))
        wanted = {one.id for one in self._subscriptions.values() if self._wanted(one)}
        self._metrics.set(m.WEBHOOK_OPEN, len(wanted.intersection(self._queue.open_circuits())))

    def _end(self, unknown: Sequence[Delivery]) -> None:
        """Give up what is for subscriptions that have ended, or never were."""
        now = self._clock()
        for delivery in unknown:
            self._queue.put_back(delivery)
            if delivery.subscription not in self._subscriptions:
                self._give_up(delivery, now, "unknown")
        for one in self._subscriptions.values():
            if not self._wanted(one):
                for delivery in self._queue.of(one.id):
                    self._give_up(delivery, now, "ended")

    def _wanted(self, subscription: Subscription) -> bool:
        return subscription.active and subscription.id not in self._gone

    def _give_up(self, delivery: Delivery, now: datetime, why: str) -> None:
        dead = given_up(delivery, now, why)
        self._queue.settle(dead)
        self._keep(dead, now, tried=False)

    async def _dispatch(self) -> None:
        while True:
            self._changed.clear()
            now = self._clock()
            while (delivery := self._queue.take(now)) is not None:
                self._begin(delivery, now)
            await set_within(self._changed, self._wait(now))

    def _wait(self, now: datetime) -> float:
        due = self._queue.next_at()
        return LOOK_EVERY if due is None else min(max((due - now).total_seconds(), 0.001), LOOK_EVERY)

    def _begin(self, delivery: Delivery, now: datetime) -> None:
        subscription = self._subscriptions.get(delivery.subscription)
        if subscription is None:
            self._unknown.append(delivery)
            self._woken.set()
            return
        if not self._wanted(subscription) or too_old(delivery, now):
            self._queue.put_back(delivery)
            self._give_up(delivery, now, "too_old" if self._wanted(subscription) else "ended")
            return
        task = asyncio.create_task(self._attempt(subscription, delivery), name=f"webhook {delivery.message_id}")
        self._attempts.add(task)
        task.add_done_callback(self._attempts.discard)

    async def _attempt(self, subscription: Subscription, delivery: Delivery) -> None:
        outcome = await self._teller.tell(subscription, delivery.message_id, delivery.notice)
        now = self._clock()
        if outcome.ends_subscription:
            self._gone.add(subscription.id)
        after = self._queue.done(delivery, outcome, now, self._jitter())
        self._keep(after, now, tried=True)
        self._measure(subscription, delivery, outcome, now)
        if outcome.ends_subscription:
            await self._ended(subscription)
        self._changed.set()

    async def _ended(self, subscription: Subscription) -> None:
        """Nothing is wanted there any more."""
        _log.info("a webhook has ended: its endpoint is gone", subscription=subscription.id)
        with suppress(StoreUnavailable):
            await asyncio.to_thread(self._webhooks.end, subscription, "gone", self._clock())
        self._subscriptions_at = float("-inf")

    def _measure(self, subscription: Subscription, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
        result = "delivered" if outcome.delivered else "failed"
        self._metrics.count(m.WEBHOOK_ATTEMPTS, format=str(subscription.format), outcome=result)
        self._metrics.observe(m.WEBHOOK_SECONDS, outcome.seconds)
        if outcome.delivered:
            self._metrics.observe(m.WEBHOOK_LATENCY, max(0.0, (now - delivery.queued_at).total_seconds()))

    def _keep(self, delivery: Delivery, at: datetime, *, tried: bool) -> None:
        if delivery.state is DeliveryState.DEAD:
            self._metrics.count(m.WEBHOOK_DEAD)
        self._outcomes.append((delivery, at, tried))
        self._unstored.set()

    async def _store(self) -> None:
        """Store outcomes, many at once; those that the store does not take are kept until it does."""
        while True:
            await self._unstored.wait()
            self._unstored.clear()
            batch, self._outcomes = self._outcomes, []
            try:
                await asyncio.shield(asyncio.to_thread(self._write, batch))
            except StoreUnavailable as error:
                _log.warning("outcomes of webhooks cannot be stored", error=str(error))
                self._outcomes = batch + self._outcomes
                await asyncio.sleep(WHEN_AWAY)
                self._unstored.set()
                continue
            except asyncio.CancelledError:
                self._outcomes = batch + self._outcomes
                raise
            # A look that began before may still bring what they were before it.
            forget = partial(self._queue.forget, [one.key for one, _, _ in batch])
            asyncio.get_running_loop().call_later(ALL_EVERY, forget)
            await asyncio.sleep(STORE_EVERY)

    def _write(self, batch: list[tuple[Delivery, datetime, bool]]) -> None:
        self._webhooks.write([one for one, _, _ in batch])
        self._webhooks.note([(one, at) for one, at, tried in batch if tried])
