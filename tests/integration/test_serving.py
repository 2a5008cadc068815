"""Replicas of the web part beside one process that counts, on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import orjson
import pytest
from pydantic import SecretStr

from api import live as live_module
from deploy.clock import now
from deploy.http_server import serving
from deploy.metrics import PrometheusMetrics
from deploy.opening import OpenStore, owned_store
from deploy.programs.applying import apply_programs
from deploy.programs.commands import Commands
from deploy.service import service
from deploy.serving import Site
from deploy.settings import Settings
from processors.errors import InvalidInput
from processors.ports.store import Checkpoint, RawEvent
from processors.programs.definitions import dump_programs
from processors.programs.program import Program, Session, Visibility
from processors.programs.tokens import Role, Token
from storage.clickhouse import ClickHouseStore
from storage.embedded import Address
from tests.acceptance.little_wiki import LittleWiki, Stream
from tests.integration.test_live import until
from tests.servers import Server

WIKI = "en.wikipedia.org"
STREAMS = "mediawiki.recentchange"
START = datetime(2026, 11, 8, 14, tzinfo=UTC)
PROGRAM = Program("women", "Women", (Session(START, START + timedelta(days=700)),), (WIKI,), open=True)
SECRET = replace(PROGRAM, slug="secret", title="Secret", visibility=Visibility.PRIVATE)
PATIENCE = 60
Events = AsyncIterator[tuple[str, Any]]


class Wiki:
    """A source of the edits that a test makes. Whoever reads it anew gets those that come from then on."""

    def __init__(self) -> None:
        self._stream = Stream()
        self._little = LittleWiki(self._stream, WIKI, "enwiki")
        self._batches: asyncio.Queue[Sequence[RawEvent]] = asyncio.Queue()
        self._edits = 0

    async def events(self, resume: Checkpoint | None) -> AsyncIterator[Sequence[RawEvent]]:
        while True:
            yield await self._batches.get()

    def edit(self, *, after_gap: int = 0) -> None:
        """Ada adds 100 bytes to a page; so many events before it are never seen."""
        self._stream.lose(after_gap)
        self._edits += 1
        self._little.edit("Ada", "Paris", 100, START + timedelta(minutes=self._edits))
        self._batches.put_nowait([RawEvent(event) for event in self._stream.take()])


@asynccontextmanager
async def counting(settings: Settings, wiki: Wiki) -> AsyncIterator[OpenStore]:
    """What `wikitally run` is."""
    async with AsyncExitStack() as stack:
        opened = stack.enter_context(owned_store(settings))
        apply_programs(opened.log, [PROGRAM, SECRET], actor="Olga")
        await stack.enter_async_context(service(opened, settings, wiki, STREAMS, PrometheusMetrics()))
        yield opened


@asynccontextmanager
async def replica(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """What `wikitally serve` is, and a client of it."""
    site = Site(settings, PrometheusMetrics())
    async with serving(site, "127.0.0.1", 0) as url, httpx.AsyncClient(base_url=url, timeout=30) as client:
        work = asyncio.create_task(site.run())
        try:
            yield client
        finally:
            work.cancel()
            await asyncio.wait([work])


async def settled(client: httpx.AsyncClient, true: Callable[[httpx.Response], bool], path: str = "/health") -> Any:
    async with asyncio.timeout(PATIENCE):
        while not true(answer := await client.get(path)):
            await asyncio.sleep(0.05)
        return answer.json()


async def is_up(client: httpx.AsyncClient) -> None:
    await settled(client, lambda answer: answer.status_code == 200)


async def is_down(client: httpx.AsyncClient) -> None:
    health = await settled(client, lambda answer: answer.status_code == 503)
    assert (health["ok"], health["detail"]) == (False, "the store does not answer")


@asynccontextmanager
async def following(client: httpx.AsyncClient, slug: str = "women", token: str = "") -> AsyncIterator[Events]:
    """The live board, from its first frame on."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{client.base_url}/api/v1/programs/{slug}/live") as answer,
    ):
        assert answer.status == 200
        events = _events(answer)
        await until(events, lambda name, _: name == "board")
        yield events


async def _events(answer: aiohttp.ClientResponse) -> Events:
    name = ""
    async for line in answer.content:
        if line.startswith(b"event:"):
            name = line[6:].strip().decode()
        elif line.startswith(b"data:"):
            yield name, orjson.loads(line[5:])


def token(opened: OpenStore, role: Role, *programs: str) -> str:
    def make(digest: str, at: datetime) -> Token:
        return Token(f"{role}", role, digest, at, programs=frozenset(programs))

    return Commands(opened.store, opened.log, now).add_token(make)[1]


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", port=0)


@pytest.fixture
def only_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Boards are read again only when somebody says that they changed."""
    monkeypatch.setattr(live_module, "FRESHNESS_INTERVAL", 3600)


@pytest.mark.usefixtures("only_when_told")
async def test_an_edit_that_is_counted_moves_the_boards_of_all_replicas(settings: Settings) -> None:
    wiki = Wiki()
    async with counting(settings, wiki), replica(settings) as one, replica(settings) as two:
        await is_up(one)
        await is_up(two)
        async with following(one) as first, following(two) as second:
            for edits in (1, 2, 3):
                wiki.edit()
                for events in (first, second):
                    await until(
                        events, lambda name, board, edits=edits: name == "board" and board["totals"]["edits"] == edits
                    )


@pytest.mark.usefixtures("only_when_told")
async def test_what_is_decided_at_one_replica_shows_at_the_other(settings: Settings) -> None:
    wiki = Wiki()
    async with counting(settings, wiki) as opened, replica(settings) as one, replica(settings) as two:
        await is_up(one)
        await is_up(two)
        headers = {"Authorization": f"Bearer {token(opened, Role.ADMIN)}", "Content-Type": "application/yaml"}
        async with following(two) as events:
            body = dump_programs([replace(PROGRAM, title="Women in Red")])
            path = "/api/v1/programs/women"
            changed = await one.put(path, content=body, headers={**headers, "If-Match": '"1"'})
            assert changed.status_code == 200, changed.text
            await until(events, lambda name, board: name == "board" and board["title"] == "Women in Red")

            other = dump_programs([replace(PROGRAM, title="Something else")])
            stale = await two.put(path, content=other, headers={**headers, "If-Match": '"1"'})
            assert stale.status_code == 412
            told = (await two.get(f"{path}/history", headers=headers)).json()
            assert [event["version"] for event in told["events"]] == [1, 2]
            assert (await two.delete(path, headers=headers)).status_code == 200
            await until(events, lambda name, _: name == "gone")
        await settled(one, lambda answer: answer.status_code == 404, path)


async def test_what_is_private_is_so_at_replicas_too(settings: Settings) -> None:
    async with counting(settings, Wiki()) as opened, replica(settings) as client:
        await is_up(client)
        mine, other = token(opened, Role.VIEWER, "secret"), token(opened, Role.ORGANISER, "women")
        await settled(client, lambda answer: answer.status_code == 200, "/api/v1/programs/women")
        for headers, status in (({}, 404), (bearer(other), 404), (bearer(mine), 200)):
            answer = await client.get("/api/v1/programs/secret/contributions", headers=headers)
            assert answer.status_code == status
        for path in ("", "/leaderboard", "/live"):
            (unknown, hidden) = [await client.get(f"/api/v1/programs/{slug}{path}") for slug in ("nothing", "secret")]
            assert (unknown.status_code, hidden.status_code) == (404, 404)
            assert hidden.text.replace("secret", "nothing") == unknown.text
            for secret, status in ((other, 403), ("wt_wrong", 401)):
                answer = await client.get(f"/api/v1/programs/secret{path}", headers=bearer(secret))
                assert answer.status_code == status
        async with following(client, "secret", mine):
            pass
        assert (await client.post("/sql", content="SELECT 1", auth=("any", mine))).status_code in (401, 403)
        Commands(opened.store, opened.log, now).revoke_token("viewer")
        refused = await client.get("/api/v1/programs/secret", headers=bearer(mine))
        assert refused.status_code == 401


async def test_sql_and_exports_come_from_replicas_too(settings: Settings) -> None:
    wiki = Wiki()
    async with counting(settings, wiki) as opened, replica(settings) as client:
        await is_up(client)
        wiki.edit()
        board = "/api/v1/programs/women/leaderboard"
        await settled(client, lambda answer: answer.is_success and answer.json()["totals"]["edits"] == 1, board)
        secret = token(opened, Role.ANALYST)
        answer = await client.post("/sql", content="SELECT count() FROM edits", auth=("any", secret))
        assert (answer.status_code, answer.text) == (200, "1\n")
        rows = await client.get("/api/v1/programs/women/contributions?format=csv")
        assert rows.status_code == 200
        assert "Paris" in rows.text


async def test_how_fresh_a_replica_is_it_reads_from_the_store(settings: Settings) -> None:
    wiki = Wiki()
    async with replica(settings) as client, counting(settings, wiki):
        await is_up(client)
        assert (await client.get("/health")).json()["as_of"] is None
        wiki.edit()
        wiki.edit(after_gap=2)
        emitted = START + timedelta(minutes=2, seconds=1.6)
        fresh = await settled(client, lambda answer: _time(answer.json()["as_of"]) == emitted)
        lag = (now() - emitted).total_seconds()
        assert lag - 30 < fresh["lag_seconds"] <= lag
        assert fresh["gaps"] == 1
        board = (await client.get("/api/v1/programs/women/leaderboard")).json()
        assert (_time(board["as_of"]), board["gaps"]) == (emitted, 1)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@pytest.mark.usefixtures("only_when_told")
async def test_a_replica_waits_for_whoever_counts_and_finds_them_again_elsewhere(settings: Settings) -> None:
    wiki = Wiki()
    async with replica(settings) as client:
        await is_down(client)
        for path in ("/", "/api/v1/programs", "/sql"):
            assert (await client.post(path)).status_code == 503
        assert "wikitally_store_away 1" in (await client.get("/metrics")).text
        for edits in (1, 2):
            async with counting(settings, wiki):
                await is_up(client)
                assert "wikitally_store_away 0" in (await client.get("/metrics")).text
                await settled(client, lambda answer: answer.status_code == 200, "/api/v1/programs/women")
                async with following(client) as events:
                    wiki.edit()
                    await until(
                        events, lambda name, board, edits=edits: name == "board" and board["totals"]["edits"] == edits
                    )
            await is_down(client)


@pytest.mark.usefixtures("only_when_told")
async def test_a_replica_waits_for_a_server_and_goes_on_when_it_is_back(tmp_path: Path) -> None:
    server, wiki = Server(tmp_path / "server"), Wiki()
    try:
        server.start()
        settings = Settings(clickhouse_url=SecretStr(server.new_database("served")), port=0)
        server.kill()
        async with replica(settings) as client:
            await is_down(client)
            await asyncio.to_thread(server.start)
            await is_up(client)
            async with counting(settings, wiki):
                await settled(client, lambda answer: answer.status_code == 200, "/api/v1/programs/women")
                async with following(client) as events:
                    server.kill()
                    await is_down(client)
                    await asyncio.to_thread(server.start)
                    await is_up(client)
                    wiki.edit()
                    await until(events, lambda name, board: name == "board" and board["totals"]["edits"] == 1)
    finally:
        server.kill()


async def test_a_store_of_a_newer_wikitally_ends_it(store: ClickHouseStore, clickhouse: Address) -> None:
    store.connections.insert("schema_versions", ("version", "md5", "script"), [[999], ["x"], ["999_later.sql"]])
    url = clickhouse.url.rpartition("/")[0] + f"/{store.connections.target.database}"
    with pytest.raises(InvalidInput, match="of a newer wikitally"):
        await Site(Settings(clickhouse_url=SecretStr(url), port=0), PrometheusMetrics()).run()
