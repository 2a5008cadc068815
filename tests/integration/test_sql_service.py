"""SQL for others, on the service that `run` starts: at /sql, and on a port of its own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import clickhouse_connect
import httpx
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from sqlalchemy import create_engine, text

from deploy.metrics import PrometheusMetrics
from deploy.opening import owned_store
from deploy.service import service
from deploy.settings import Settings
from processors.ports.store import Checkpoint, RawEvent
from processors.programs.tokens import Role, Token, digest_of
from storage.tokens import ClickHouseTokens

SECRET = "wt_ada"


class Quiet:
    """A source that says nothing."""

    async def events(self, resume: Checkpoint | None) -> AsyncIterator[Sequence[RawEvent]]:
        await asyncio.sleep(3600)
        yield []


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def asked(port: int, secret: str, **where: Any) -> list[str]:
    client = clickhouse_connect.get_client(host="127.0.0.1", port=port, username="ada", password=secret, **where)
    try:
        return [name for (name,) in client.query("SHOW TABLES").result_rows]
    finally:
        client.close()


def counted_by_sqlalchemy(url: str) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = int(connection.execute(text("SELECT count() FROM edits")).scalar_one())
    engine.dispose()
    return found


async def test_whoever_has_a_token_asks_the_running_service(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", port=free_port(), sql_port=free_port())
    assert settings.sql_port is not None
    with owned_store(settings) as opened:
        token = Token("Ada", Role.ANALYST, digest_of(SECRET), datetime(2026, 11, 1, tzinfo=UTC))
        await asyncio.to_thread(ClickHouseTokens(opened.store.connections).add, token)
        async with service(opened, settings, Quiet(), "x", PrometheusMetrics()) as running:
            for port, where in ((settings.port, {"proxy_path": "/sql"}), (settings.sql_port, {})):
                names = await asyncio.to_thread(asked, port, SECRET, **where)
                assert {"edits", "contributions", "leaderboard", "programs"} <= set(names)
            url = f"clickhouse+http://ada:{SECRET}@127.0.0.1:{settings.port}/analytics?endpoint=sql"
            assert await asyncio.to_thread(counted_by_sqlalchemy, url) == 0
            with pytest.raises(DatabaseError, match="AUTHENTICATION_FAILED"):
                await asyncio.to_thread(asked, settings.port, "wt_other", proxy_path="/sql")
            async with httpx.AsyncClient(base_url=running.url) as client:
                metrics = (await client.get("/metrics")).text
                assert 'wikitally_sql_queries_total{outcome="answered"}' in metrics
                bare = await client.post("/sql", content="SELECT 1", auth=("any", SECRET))
                assert (bare.status_code, bare.text) == (200, "1\n")
