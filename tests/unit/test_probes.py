"""Metrics and health of a process that serves nothing else, and looks at a store that nobody waits for."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable

import httpx
import pytest
from starlette.responses import PlainTextResponse

from api import probes as probes_module
from api.probes import Health, Look, probes
from processors.errors import StoreUnavailable
from processors.ports.boards import Freshness
from tests.boards import START

SILENT = "the store does not answer within 0.05 seconds"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes_module, "LONGEST_SECONDS", 0.05)


class Store:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.calls: list[asyncio.Future[str]] = []

    async def call(self) -> str:
        self.calls.append(asyncio.get_running_loop().create_future())
        return await self.calls[-1]


@pytest.mark.usefixtures("impatient")
async def test_a_store_that_stays_silent_is_asked_once_however_many_want_to_know() -> None:
    store = Store()
    look = Look(store.call)
    assert await asyncio.gather(*(look() for _ in range(5))) == [(None, SILENT)] * 5
    assert await look() == (None, SILENT)
    assert len(store.calls) == 1


@pytest.mark.usefixtures("impatient")
async def test_whoever_waits_has_the_answer_when_it_comes_and_the_next_one_asks_anew() -> None:
    store = Store()
    look = Look(store.call)
    assert await look() == (None, SILENT)
    waiting = asyncio.create_task(look())
    await asyncio.sleep(0)
    store.calls[0].set_result("well")
    assert await waiting == ("well", "")
    assert await look() == (None, SILENT)
    assert len(store.calls) == 2


@pytest.mark.usefixtures("impatient")
async def test_a_store_that_is_away_is_told_and_one_that_fails_too_late_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = Store()
    look = Look(store.call)
    assert await look() == (None, SILENT)
    store.calls[0].set_exception(StoreUnavailable("db.example:9000"))
    await asyncio.sleep(0.01)
    waiting = asyncio.create_task(look())
    await asyncio.sleep(0.01)
    store.calls[1].set_exception(StoreUnavailable("db.example:9000"))
    assert await waiting == (None, "the store does not answer")
    del look, store, waiting
    gc.collect()
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []


async def asked(
    path: str, health: Callable[[], Awaitable[Health]], otherwise: PlainTextResponse | None = None
) -> httpx.Response:
    app = probes(lambda: b"wikitally_x 1\n", health, "9.9", otherwise)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.get(path)


@pytest.mark.parametrize(
    ("state", "status", "more"),
    [
        (Health(True, "loading"), 200, {}),
        (Health(False, "Kafka is away"), 503, {}),
        (
            Health(True, "", Freshness(START, 1.25, 2)),
            200,
            {"as_of": "2026-11-24T14:00:00Z", "lag_seconds": 1.25, "gaps": 2},
        ),
    ],
)
async def test_health_is_told_with_how_fresh_it_is_where_there_is_something_to_read(
    state: Health, status: int, more: dict[str, object]
) -> None:
    async def health() -> Health:
        return state

    answer = await asked("/health", health)
    assert answer.status_code == status
    assert answer.json() == {"ok": state.ok, "detail": state.detail, "version": "9.9", **more}


async def test_metrics_are_text_and_elsewhere_is_what_else_there_is() -> None:
    async def health() -> Health:
        return Health(True)

    metrics = await asked("/metrics", health)
    assert (metrics.text, metrics.headers["content-type"]) == (
        "wikitally_x 1\n",
        "text/plain; version=0.0.4; charset=utf-8",
    )
    assert (await asked("/", health)).status_code == 404
    assert (await asked("/any/where", health, PlainTextResponse("else"))).text == "else"
