"""The web part over a store: pages, the API, live boards, exports and SQL of others, whoever counts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version

from starlette.types import ASGIApp

from api.app import create_app
from api.live import Live
from api.probes import AWAY, Health
from api.sql_gateway import SqlGateway
from deploy.answers.alert_feeds import StoreAlertFeeds
from deploy.answers.boards import StoreBoards
from deploy.answers.reasons import StoreReasons
from deploy.clock import now
from deploy.delivering.keeping import webhook_desk
from deploy.http_server import serving
from deploy.metrics import PrometheusMetrics
from deploy.opening import OpenStore
from deploy.programs.commands import Commands
from deploy.programs.desk import StoreDesk
from deploy.settings import Settings
from storage.analyst_http import AnalystHttp
from storage.program_exports import ClickHouseExports


@asynccontextmanager
async def web(
    opened: OpenStore,
    settings: Settings,
    boards: StoreBoards,
    live: Live,
    metrics: PrometheusMetrics,
    *,
    away: Callable[[], bool],
    decided: Callable[[], None] = lambda: None,
    queued: Callable[[], object] = lambda: None,
) -> AsyncIterator[ASGIApp]:
    """The whole site, for as long as the block lasts; the port for SQL, if it has one of its own, is open meanwhile.

    Args:
        away: whether whoever asks the store all the time has lost it.
        decided: called on the event loop when something was decided about a program.
        queued: called on the event loop when a webhook is to be sent something again.

    Raises:
        InvalidInput: the port for SQL cannot be had; a setting of webhooks breaks a rule.
    """
    async with AsyncExitStack() as stack:
        desk = StoreDesk(opened.store, Commands(opened.store, opened.log, now), now, changed=decided)
        webhooks = await stack.enter_async_context(webhook_desk(opened, settings, changed=queued))
        analyst = AnalystHttp(opened.others) if opened.others is not None else None
        sql = SqlGateway(analyst, desk.token, metrics) if analyst is not None else None
        if analyst is not None:
            stack.push_async_callback(analyst.close)
        reader = AnalystHttp(opened.exports) if opened.exports is not None else None
        if reader is not None:
            stack.push_async_callback(reader.close)
        if sql is not None and settings.sql_port is not None:
            await stack.enter_async_context(serving(sql, settings.host, settings.sql_port))
        yield create_app(
            boards,
            live,
            metrics_text=metrics.text,
            health=_health(away),
            version=version("wikitally"),
            reasons=StoreReasons(opened.store, now),
            desk=desk,
            webhooks=webhooks,
            feeds=StoreAlertFeeds(opened.store, now),
            base_url=settings.public_url,
            sql=sql,
            exports=ClickHouseExports(reader) if reader is not None else None,
        )


def _health(away: Callable[[], bool]) -> Callable[[], Awaitable[Health]]:
    async def health() -> Health:
        return Health(ok=False, detail=AWAY) if away() else Health(ok=True)

    return health
