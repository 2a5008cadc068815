"""One process that reads, counts and serves: what `run` and `demo` have in common."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from api.live import Live
from deploy.alerting.keeping import keep_alerts
from deploy.answers.alert_feeds import StoreAlertFeeds
from deploy.answers.boards import StoreBoards
from deploy.clock import now
from deploy.counting.housekeeping import Housekeeping, keep_house
from deploy.counting.listing import keep_listed
from deploy.counting.pipeline import Pipeline
from deploy.counting.worker import Worker
from deploy.delivering.keeping import keep_delivering
from deploy.http_server import serving
from deploy.metrics import PrometheusMetrics
from deploy.opening import OpenStore, patiently
from deploy.settings import Settings
from deploy.web import web
from ingest.tracking import PositionTracker
from processors import metrics as m
from processors.alerts.changes import AlertChange
from processors.ports.store import Checkpoint, EventSource, Gap

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Service:
    """What runs inside a `service` block."""

    url: str
    worker: Worker
    boards: StoreBoards
    pipeline: asyncio.Task[None]
    """Done when the source has ended, or failed."""


@asynccontextmanager
async def service(
    opened: OpenStore,
    settings: Settings,
    source: EventSource,
    streams: str,
    metrics: PrometheusMetrics,
    *,
    resume: bool = True,
    user_agent: str = "",
) -> AsyncIterator[Service]:
    """Count what `source` brings and serve it over HTTP, for as long as the block lasts.

    Args:
        streams: the list of streams that positions are kept under.
        resume: go on where the store's checkpoint says; otherwise from the source's own start.
        user_agent: what wikis are asked with, who is in the categories of programs; empty: they are not asked.
    """
    store = opened.store
    store.connections.on_retry = lambda call: metrics.count(m.STORE_RETRIES, call=call)
    checkpoint, gaps = await _resumed(opened, streams if resume else "")
    woken = asyncio.Event()
    loop = asyncio.get_running_loop()

    def tell(news: Sequence[AlertChange]) -> None:
        loop.call_soon_threadsafe(live.alerted, [(one.alert.program, one.alert.alert_id) for one in news])

    alerts = keep_alerts(
        store, settings, now, metrics=metrics, queued=lambda: loop.call_soon_threadsafe(woken.set), tell=tell
    )
    tracker = PositionTracker(streams, checkpoint, gaps)
    worker = Worker(store, opened.log, tracker, metrics=metrics, clock=now, alerts=alerts)
    boards = StoreBoards(store, now)
    live = Live(boards, metrics=metrics, feeds=StoreAlertFeeds(store, now))
    pipeline = Pipeline(source, worker, metrics=metrics, revive=opened.revive, on_change=live.changed)
    async with (
        web(
            opened,
            settings,
            boards,
            live,
            metrics,
            away=lambda: pipeline.store_away,
            decided=pipeline.look,
            queued=woken.set,
        ) as app,
        serving(app, settings.host, settings.port) as url,
    ):
        task = asyncio.create_task(pipeline.run(checkpoint), name="pipeline")
        house = asyncio.create_task(keep_house(Housekeeping(store, opened.log, settings, now)), name="housekeeping")
        delivering = keep_delivering(opened, settings, metrics, woken=woken)
        tasks = [task, house, asyncio.create_task(delivering, name="webhooks")]
        if user_agent:
            listing = keep_listed(opened, settings, metrics, user_agent=user_agent, take=pipeline.take)
            tasks.append(asyncio.create_task(listing, name="category listing"))
        try:
            yield Service(url, worker, boards, task)
        finally:
            live.close()
            for one in reversed(tasks):
                one.cancel()
            await asyncio.wait(tasks)


async def _resumed(opened: OpenStore, streams: str) -> tuple[Checkpoint | None, Sequence[Gap]]:
    """Where the list of streams was left, if it has a name, and the gaps; a store that dies meanwhile is revived.

    Raises:
        StoreUnavailable: it stays away.
    """

    def read() -> tuple[Checkpoint | None, Sequence[Gap]]:
        return opened.store.checkpoint(streams) if streams else None, opened.store.open_gaps()

    return await asyncio.to_thread(patiently, read, opened.revive)
