"""Exports over HTTP: files of public programs for everybody, streamed, a few at a time."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from api.app import Health, create_app
from api.live import Live
from deploy.answers.boards import StoreBoards
from deploy.clock import now
from deploy.http_server import serving
from processors.metrics import NoMetrics
from processors.programs.events import NameHidden
from processors.programs.program import Visibility
from storage.analyst_http import AnalystHttp, HttpTarget
from storage.clickhouse import ClickHouseStore
from storage.embedded import Address
from storage.target import Target
from tests.integration.test_views import PROGRAM, contribution, decide, enter
from tests.stores import embedded_store, show

MANY = 300_000


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """A server with a small program, a large one, and a private one."""
    with embedded_store(tmp_path_factory.mktemp("exports")) as address:
        store = ClickHouseStore(Target.parse(address.url))
        store.migrate()
        decide(store, PROGRAM, NameHidden("Ben"))
        show(store, "large")
        show(store, "hush", visibility=Visibility.PRIVATE)
        enter(store, contribution("p", "Ada", 7), contribution("p", "Ben", 8), contribution("hush", "Ada", 9))
        store.connections.command(
            "INSERT INTO contributions (program, user, wiki, kind, rev_id, verdict, title, version) "
            "SELECT 'large', 'Ada', 'en.wikipedia.org', 'edit', number, 'counted', repeat('title ', 20), 1 "
            f"FROM numbers({MANY})"
        )
        store.close()
        yield address


@pytest.fixture
async def client(address: Address) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole site over the store."""
    store = ClickHouseStore(Target.parse(address.url))
    boards = StoreBoards(store, now)
    server = AnalystHttp(HttpTarget.parse(address.analyst_url))

    async def health() -> Health:
        return Health(ok=True)

    app = create_app(
        boards, Live(boards, metrics=NoMetrics()), metrics_text=bytes, health=health, version="0", exports=server
    )
    async with serving(app, "127.0.0.1", 0) as url, httpx.AsyncClient(base_url=url, timeout=30) as opened:
        yield opened
    await server.close()
    store.close()


def path(slug: str, form: str = "csv") -> str:
    return f"/api/v1/programs/{slug}/contributions?format={form}"


async def test_a_public_program_is_a_file_without_those_who_hide_their_names(client: httpx.AsyncClient) -> None:
    answer = await client.get(path("p"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''p.csv"
    assert answer.headers["wikitally-gaps"] == "0"
    assert [row["user"] for row in csv.DictReader(io.StringIO(answer.text))] == ["Ada"]


async def test_every_format_is_what_it_is_called(client: httpx.AsyncClient) -> None:
    assert json.loads((await client.get(path("p", "json"))).text)["rev_id"] in (7, "7")
    assert (await client.get(path("p", "tsv"))).text.startswith("program\twiki\t")
    parquet = (await client.get(path("p", "parquet"))).content
    assert parquet[:4] == parquet[-4:] == b"PAR1"


@pytest.mark.parametrize("slug", ["hush", "nobody", "it's %5C%27 odd"])
async def test_what_is_not_public_is_not_there(client: httpx.AsyncClient, slug: str) -> None:
    answer = await client.get(path(slug))
    assert answer.status_code == 404
    assert "Ada" not in answer.text


async def test_a_large_program_comes_whole_and_in_pieces(client: httpx.AsyncClient) -> None:
    sizes = []
    lines = 0
    async with client.stream("GET", path("large")) as answer:
        async for chunk in answer.aiter_raw():
            sizes.append(len(chunk))
            lines += chunk.count(b"\n")
    assert lines == MANY + 1
    assert max(sizes) < sum(sizes) / 20


async def test_a_third_export_waits_for_its_turn_and_who_goes_away_frees_a_place(client: httpx.AsyncClient) -> None:
    async with client.stream("GET", path("large")) as first, client.stream("GET", path("large")) as second:
        assert (first.status_code, second.status_code) == (200, 200)
        busy = await client.get(path("p"))
        assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
    for _ in range(100):
        if (await client.get(path("p"))).status_code == 200:
            return
        await asyncio.sleep(0.05)
    pytest.fail("the places are never free again")
