"""`wikitally serve`: the web part alone, over a store that another process counts into."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from threading import Timer

import structlog
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from api.live import Live
from api.probes import AWAY, UNKNOWN, Health, probes
from deploy.answers.alert_feeds import StoreAlertFeeds
from deploy.answers.boards import StoreBoards
from deploy.clock import now
from deploy.following_changes import ChangesFollower, StoreMoved
from deploy.http_server import serving
from deploy.logs import configure_logging
from deploy.looping import at_last, run_loop, stop_on_signals, until
from deploy.metrics import PrometheusMetrics
from deploy.opening import OpenStore, any_store, beside
from deploy.settings import Settings
from deploy.web import web
from processors import metrics as m
from processors.errors import StoreUnavailable
from storage.changes import ClickHouseChanges
from storage.embedded import attach

_log = structlog.get_logger()

LONGEST_WAIT = 2.0
"""Seconds between two attempts to find the store."""
LONGEST_GOODBYE = 5.0
"""Seconds from the signal to the end."""


def serve(settings: Settings) -> None:
    """Serve what others count until told to stop."""
    configure_logging(settings.log_format)
    metrics = PrometheusMetrics()

    async def main() -> None:
        stop = stop_on_signals()
        site = Site(settings, metrics)
        async with serving(site, settings.host, settings.port) as url:
            _log.info("serving", url=url)
            work = asyncio.create_task(site.run(), name="site")
            try:
                await until(stop, work)
                _log.info("stopping")
                _end_anyway()
            finally:
                work.cancel()
                await asyncio.wait([work])

    run_loop(main())


def _end_anyway() -> None:
    """Threads that wait for a store that does not answer would keep us for minutes, and nothing of theirs matters."""
    timer = Timer(LONGEST_GOODBYE, os._exit, (0,))
    timer.daemon = True
    timer.start()


class Site:
    """An ASGI app that says 503 while the store is not found, and is the whole site from then on."""

    def __init__(self, settings: Settings, metrics: PrometheusMetrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._waiting = _waiting(metrics.text)
        self._app: ASGIApp = self._waiting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def run(self) -> None:
        """Find the store and serve it; find it again when it has moved. Ends by being cancelled.

        Raises:
            InvalidInput: the store is of a newer wikitally, or the directory may not be read.
        """
        while True:
            with ExitStack() as stack:
                opened = await self._find(stack)
                try:
                    await self._serve(opened)
                except StoreMoved:
                    _log.info("the store has another address now")
                finally:
                    self._app = self._waiting

    async def _find(self, stack: ExitStack) -> OpenStore:
        async for attempt in at_last(StoreUnavailable, longest_wait=LONGEST_WAIT):
            with attempt:
                try:
                    opened = await asyncio.to_thread(stack.enter_context, served_store(self._settings))
                except StoreUnavailable as error:
                    if attempt.num == 1:
                        self._metrics.set(m.STORE_AWAY, 1)
                        _log.warning("the store is not there; nothing is shown until it is", error=str(error))
                    raise
        self._metrics.set(m.STORE_AWAY, 0)
        return opened

    async def _serve(self, opened: OpenStore) -> None:
        boards = StoreBoards(opened.store, now)
        live = Live(boards, metrics=self._metrics, feeds=StoreAlertFeeds(opened.store, now))
        follower = ChangesFollower(
            ClickHouseChanges(opened.store.connections),
            metrics=self._metrics,
            on_change=live.changed,
            on_alerts=live.alerted,
            revive=opened.revive,
        )
        opened.store.connections.on_retry = lambda call: self._metrics.count(m.STORE_RETRIES, call=call)
        async with web(
            opened, self._settings, boards, live, self._metrics, away=lambda: follower.store_away
        ) as self._app:
            _log.info("the store is there")
            try:
                await follower.run()
            finally:
                live.close()


@contextmanager
def served_store(settings: Settings) -> Iterator[OpenStore]:
    """The store that others count into: never our own server, which would keep the one that counts from starting.

    Raises:
        InvalidInput: the store is of a newer wikitally, or the directory may not be read.
        StoreUnavailable: it does not answer, or nobody runs on the directory.
    """
    if settings.clickhouse_url is not None:
        with any_store(settings) as opened:
            yield opened
        return
    address = attach(settings.data, patience=0)
    if address is None:
        raise StoreUnavailable(f"{settings.data}: no wikitally runs there")

    def find_again() -> None:
        if attach(settings.data, patience=0) not in (None, address):
            raise StoreMoved

    with beside(address, find_again) as opened:
        yield opened


def _waiting(metrics_text: Callable[[], bytes]) -> Starlette:
    """What is served meanwhile."""

    async def health() -> Health:
        return Health(ok=False, detail=AWAY, freshness=UNKNOWN)

    problem = {"type": "about:blank", "title": "Store unavailable", "status": 503, "detail": f"{AWAY}; try again."}
    anything = JSONResponse(
        problem, status_code=503, headers={"Retry-After": "5"}, media_type="application/problem+json"
    )
    return probes(metrics_text, health, version("wikitally"), otherwise=anything)
