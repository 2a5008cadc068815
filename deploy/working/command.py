"""`wikitally work`: judge the wikis in some partitions of the log until told to stop; any number share the log."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import faust
import structlog

from api.probes import probes
from deploy.alerting.keeping import keep_alerts
from deploy.clock import now
from deploy.counting.housekeeping import Housekeeping, keep_house
from deploy.counting.listing import keep_listed
from deploy.counting.plan import MakeAlerts
from deploy.delivering.keeping import keep_delivering
from deploy.http_server import serving
from deploy.ingesting import kafka_target, quiet_kafka, topic_plan
from deploy.logs import configure_logging
from deploy.looping import run_loop, set_within, stop_on_signals, until
from deploy.metrics import PrometheusMetrics
from deploy.opening import OpenStore, owned_store
from deploy.settings import Settings
from deploy.working.faust_app import FaustClient, attach, keep_committing, make_app
from deploy.working.publishing import Published, publish_program_events, telling
from deploy.working.shifts import Shifts
from deploy.working.told import Told
from deploy.working.watching import Watch, health_of
from ingest.eventstreams import build_user_agent
from ingest.kafka_marks import KafkaMarks
from ingest.topics import Topic
from processors import metrics as m
from processors.errors import InvalidInput, LogUnavailable, WikitallyError
from storage.clickhouse import ClickHouseStore
from storage.locks import Locks

_log = structlog.get_logger()

GOODBYE_SECONDS = 20.0
"""How long Faust may take to leave its group; the others find out by themselves otherwise."""


Job = Coroutine[Any, Any, None]


class FaustEnded(WikitallyError):
    """Faust has stopped by itself; whoever supervises this process starts it again."""


def work(settings: Settings) -> None:
    """Judge what Kafka brings until told to stop.

    Raises:
        InvalidInput: Kafka or the store is not named, or a topic is missing.
        Stalled: messages wait and none is read any more.
    """
    target, plan = kafka_target(settings), topic_plan(settings)
    if settings.clickhouse_url is None:
        raise InvalidInput("WIKITALLY_CLICKHOUSE_URL: not set; workers share one ClickHouse, which it names")
    configure_logging(settings.log_format)
    quiet_kafka()
    metrics = PrometheusMetrics()
    with owned_store(settings) as opened, tempfile.TemporaryDirectory(prefix="wikitally-work-") as directory:
        opened.store.connections.on_retry = lambda call: metrics.count(m.STORE_RETRIES, call=call)
        marks = KafkaMarks(target, plan)

        async def main() -> None:
            stop = stop_on_signals()
            await _find_kafka(marks, stop)
            if stop.is_set():
                return
            app = make_app(target, plan, Path(directory), session_seconds=settings.kafka_session_seconds)
            client, loop, woken = FaustClient(app, plan), asyncio.get_running_loop(), asyncio.Event()

            def alerts(store: ClickHouseStore, clock: Callable[[], datetime], since: int) -> MakeAlerts:
                make = keep_alerts(
                    store, settings, clock, metrics=metrics, queued=lambda: loop.call_soon_threadsafe(woken.set),
                    tell=telling(client, loop), since=since,
                )  # fmt: skip
                return lambda states: Published(make(states), client, loop)

            shifts = Shifts(opened, plan.name(Topic.FACTS), marks, client, metrics, alerts=alerts)
            attach(app, plan, shifts, Told(opened.store, plan), batch_events=settings.batch_events)
            jobs = [
                keep_delivering(opened, settings, metrics, woken=woken),
                keep_committing(app),
                publish_program_events(opened.log, client, shifts.last_place, lambda: shifts.leads),
            ]
            await _serve(app, shifts, opened, settings, metrics, stop, jobs)

        run_loop(main())


async def _find_kafka(marks: KafkaMarks, stop: asyncio.Event) -> None:
    """Wait for a Kafka that has our topics."""
    told = False
    while not stop.is_set():
        try:
            await asyncio.to_thread(marks.partitions)
            return
        except LogUnavailable as error:
            if not told:
                told = True
                _log.warning("Kafka does not answer; waiting until it does", error=str(error))
        await set_within(stop, 1.0)


async def _serve(
    app: faust.App,
    shifts: Shifts,
    opened: OpenStore,
    settings: Settings,
    metrics: PrometheusMetrics,
    stop: asyncio.Event,
    jobs: Sequence[Job],
) -> None:
    watch = Watch(shifts, lambda: bool(app.rebalancing))
    site = probes(metrics.text, health_of(watch, opened.store.connections.ping), version("wikitally"))
    async with serving(site, settings.host, settings.port) as url, _running(app, shifts):
        _log.info("working", url=url, group=app.conf.id)
        async with _beside(shifts, opened, settings, metrics, jobs):
            watching = asyncio.create_task(_watch(app, shifts, watch), name="watch")
            try:
                await until(stop, watching)
                _log.info("stopping")
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)


async def _watch(app: faust.App, shifts: Shifts, watch: Watch) -> None:
    """Until something is wrong that only a new process can mend.

    Raises:
        FaustEnded, Stalled, TooManyInvalidEvents: what that is.
    """
    ended = asyncio.create_task(app.wait_until_stopped(), name="faust ended")
    stalled = asyncio.create_task(watch.run(), name="stalled")
    tasks: list[asyncio.Future[Any]] = [ended, stalled, shifts.failed]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for one in done - {ended}:
            one.result()
        raise FaustEnded(f"Faust has stopped: {app.crash_reason!r}")
    finally:
        for task in (ended, stalled):
            task.cancel()
        await asyncio.gather(ended, stalled, return_exceptions=True)


@asynccontextmanager
async def _running(app: faust.App, shifts: Shifts) -> AsyncIterator[None]:
    """Faust at work, for as long as the block lasts. What is being stored is finished before it leaves its group."""
    await app.start()
    try:
        yield
    finally:
        await shifts.end()
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                await app.stop()
        except Exception as error:
            _log.warning("Faust does not end in order", error=repr(error))
        await shifts.close()


@asynccontextmanager
async def _beside(
    shifts: Shifts, opened: OpenStore, settings: Settings, metrics: PrometheusMetrics, more: Sequence[Job]
) -> AsyncIterator[None]:
    """What is done beside reading the log, each by one worker at a time."""
    jobs: list[Job] = list(more)
    locks = Locks(opened.store.connections)
    house = Housekeeping(opened.store, opened.log, settings, now)
    jobs.append(keep_house(house, once_for_all=locks))
    if settings.contact:
        agent = build_user_agent(settings.contact)
        jobs.append(keep_listed(opened, settings, metrics, user_agent=agent, take=shifts.take, owns=shifts.owns))
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
