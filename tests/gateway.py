"""A SQL gateway in front of a real server, on a loop of its own so that other people's clients can block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from api.sql_gateway import SqlGateway
from deploy.http_server import serving
from deploy.metrics import PrometheusMetrics
from processors.programs.tokens import Role, Token, digest_of
from storage.analyst_http import AnalystHttp
from storage.http_target import HttpTarget


@dataclass(frozen=True, slots=True)
class Gateway:
    """One that runs. `secret` is good for SQL, `viewer` is not."""

    url: str
    secret: str = "wt_for_sql"
    viewer: str = "wt_for_one_program"
    metrics: PrometheusMetrics = field(default_factory=PrometheusMetrics)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


@contextmanager
def gateway(target: HttpTarget) -> Iterator[Gateway]:
    """Serve one for as long as the block lasts."""
    about = Gateway("")
    tokens = {
        about.secret: Token("analyst", Role.ANALYST, digest_of(about.secret), datetime(2026, 11, 1, tzinfo=UTC)),
        about.viewer: Token("viewer", Role.VIEWER, digest_of(about.viewer), datetime(2026, 11, 1, tzinfo=UTC)),
    }

    async def token(secret: str) -> Token | None:
        return tokens.get(secret)

    started = threading.Event()
    stop: list[asyncio.Event] = []
    loops: list[asyncio.AbstractEventLoop] = []
    urls: list[str] = []

    async def run() -> None:
        server = AnalystHttp(target)
        stop.append(asyncio.Event())
        loops.append(asyncio.get_running_loop())
        async with serving(SqlGateway(server, token, about.metrics), "127.0.0.1", 0) as url:
            urls.append(url)
            started.set()
            await stop[0].wait()
        await server.close()

    thread = threading.Thread(target=asyncio.run, args=(run(),), name="gateway")
    thread.start()
    assert started.wait(20)
    try:
        yield Gateway(urls[0].replace("localhost", "127.0.0.1"), metrics=about.metrics)
    finally:
        loops[0].call_soon_threadsafe(stop[0].set)
        thread.join()
