"""Exports over HTTP: files for whoever may see the program, streamed, a few at a time."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import httpx
import pytest

from api.app import create_app
from api.auth import EVERYBODY
from api.live import Live
from api.probes import Health
from deploy.answers.boards import StoreBoards
from deploy.clock import now
from deploy.http_server import serving
from deploy.programs.commands import Commands
from deploy.programs.desk import StoreDesk
from processors.metrics import NoMetrics
from processors.ports.exports import ExportFormat
from processors.programs.events import NameHidden
from processors.programs.program import Visibility
from processors.programs.tokens import Role, Token
from storage.analyst_http import AnalystHttp
from storage.clickhouse import ClickHouseStore
from storage.embedded import Address
from storage.http_target import HttpTarget
from storage.program_exports import ClickHouseExports
from storage.target import Target
from tests.integration.test_views import PROGRAM, contribution, decide, enter
from tests.stores import embedded_store, log_of, show

MANY = 300_000
HUSH = replace(PROGRAM, slug="hush", visibility=Visibility.PRIVATE)
OVER = replace(HUSH, slug="over", hide_names_after_days=1)
"""Its end was days ago."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """A server with a small program, a large one, one that only its link leads to, and private ones."""
    with embedded_store(tmp_path_factory.mktemp("exports")) as address:
        store = ClickHouseStore(Target.parse(address.url))
        store.migrate()
        decide(store, PROGRAM, NameHidden("Ben"))
        show(store, "large")
        show(store, "linked", visibility=Visibility.UNLISTED)
        decide(store, HUSH, NameHidden("Ben"))
        decide(store, OVER)
        decide(store, replace(HUSH, slug="other"))
        for slug in ("p", "linked", "hush", "over"):
            enter(store, contribution(slug, "Ada", 7), contribution(slug, "Ben", 8))
        store.connections.command(
            "INSERT INTO contributions (program, user, wiki, kind, rev_id, verdict, title, version) "
            "SELECT 'large', 'Ada', 'en.wikipedia.org', 'edit', number, 'counted', repeat('title ', 20), 1 "
            f"FROM numbers({MANY})"
        )
        store.close()
        yield address


@pytest.fixture
async def exports(address: Address) -> AsyncIterator[ClickHouseExports]:
    server = AnalystHttp(HttpTarget.parse(address.exports_url))
    yield ClickHouseExports(server)
    await server.close()


@pytest.fixture
def commands(address: Address) -> Iterator[Commands]:
    store = ClickHouseStore(Target.parse(address.url))
    yield Commands(store, log_of(store), now)
    store.close()


@pytest.fixture
async def client(address: Address, exports: ClickHouseExports, commands: Commands) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole site over the store."""
    store = ClickHouseStore(Target.parse(address.url))
    boards = StoreBoards(store, now)

    async def health() -> Health:
        return Health(ok=True)

    app = create_app(
        boards,
        Live(boards, metrics=NoMetrics()),
        metrics_text=bytes,
        health=health,
        version="0",
        desk=StoreDesk(store, commands, now, lambda: None),
        exports=exports,
    )
    async with serving(app, "127.0.0.1", 0) as url, httpx.AsyncClient(base_url=url, timeout=30) as opened:
        yield opened
    store.close()


def token(commands: Commands, role: Role, *programs: str) -> dict[str, str]:
    """The headers of somebody who has a new token."""
    name = f"{role} {len(commands.tokens.all())}"
    _, secret = commands.add_token(lambda digest, at: Token(name, role, digest, at, programs=frozenset(programs)))
    return {"Authorization": f"Bearer {secret}"}


def users(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["user"] for row in csv.DictReader(io.StringIO(answer.text))]


def path(slug: str, form: str = "csv") -> str:
    return f"/api/v1/programs/{slug}/contributions?format={form}"


async def test_a_public_program_is_a_file_without_those_who_hide_their_names(client: httpx.AsyncClient) -> None:
    answer = await client.get(path("p"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''p.csv"
    assert answer.headers["wikitally-gaps"] == "0"
    assert users(answer) == ["Ada"]


async def test_a_program_that_is_not_listed_is_a_file_for_who_knows_it(client: httpx.AsyncClient) -> None:
    assert users(await client.get(path("linked"))) == ["Ada", "Ben"]


@pytest.mark.parametrize(
    ("role", "programs"), [(Role.VIEWER, ("hush",)), (Role.ORGANISER, ("other", "hush")), (Role.ADMIN, ())]
)
async def test_a_private_program_is_a_file_for_whoever_may_see_it(
    client: httpx.AsyncClient, commands: Commands, role: Role, programs: tuple[str, ...]
) -> None:
    answer = await client.get(path("hush"), headers=token(commands, role, *programs))
    public = await client.get(path("p"))
    assert users(answer) == ["Ada"]
    assert answer.text == public.text.replace('"p"', '"hush"')
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''hush.csv"


@pytest.mark.parametrize(
    ("role", "programs"), [(None, ()), (Role.VIEWER, ("other",)), (Role.ORGANISER, ("p",)), (Role.ANALYST, ())]
)
async def test_a_private_program_is_to_others_as_if_there_were_none(
    client: httpx.AsyncClient, commands: Commands, role: Role | None, programs: tuple[str, ...]
) -> None:
    headers = token(commands, role, *programs) if role else {}
    private, unknown = [await client.get(path(slug), headers=headers) for slug in ("hush", "nobody")]
    assert (private.status_code, unknown.status_code) == (404, 404)
    assert private.text == unknown.text.replace("nobody", "hush")
    assert private.headers.keys() == unknown.headers.keys()


async def test_nobody_is_named_when_names_are_hidden_after_the_end_whoever_asks(
    client: httpx.AsyncClient, commands: Commands
) -> None:
    assert users(await client.get(path("over"), headers=token(commands, Role.ADMIN))) == []


async def test_the_query_itself_leaves_private_programs_out(exports: ClickHouseExports) -> None:
    async with exports.contributions("hush", EVERYBODY, ExportFormat.CSV) as body:
        lines = b"".join([chunk async for chunk in body]).splitlines()
    assert len(lines) == 1, "the names of columns, and no more"


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
