"""Files of programs from every kind of server, and by every way to it."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from processors.ports.exports import ExportFormat
from processors.programs.events import NameHidden
from processors.programs.program import Visibility
from storage.analyst_http import AnalystHttp
from storage.clickhouse import ClickHouseStore
from storage.embedded import Address
from storage.exports import HttpPort
from storage.http_target import HttpTarget
from storage.program_exports import ClickHouseExports
from storage.target import Target, Tls
from tests.conftest import BACKENDS, store_on
from tests.histories import START, renamed
from tests.integration.test_views import PROGRAM, contribution, decide, enter
from tests.servers import Pair, Server
from tests.tls import HOST, Authority, tls_before


async def file(target: HttpTarget, slug: str, *visibilities: Visibility) -> list[str]:
    server = AnalystHttp(target)
    try:
        async with ClickHouseExports(server).contributions(slug, visibilities, ExportFormat.TSV) as body:
            return b"".join([chunk async for chunk in body]).decode().splitlines()[1:]
    finally:
        await server.close()


def http_port(backend: str, request: pytest.FixtureRequest) -> int:
    if backend == "shards":
        pair: Pair = request.getfixturevalue("pair")
        return pair.servers[0].http_port
    server: Server | Address = request.getfixturevalue("given" if backend == "given" else "clickhouse")
    return server.http_port


@pytest.mark.parametrize("backend", BACKENDS)
async def test_every_kind_of_server_gives_the_same_file(backend: str, request: pytest.FixtureRequest) -> None:
    store = store_on(backend, request)
    decide(store, replace(PROGRAM, visibility=Visibility.PRIVATE), NameHidden("Ben"))
    store.append([renamed(1, "Ben", "Benedict")], START)
    enter(store, *(contribution("p", user, number) for number, user in enumerate(["Ada", "Ben", "Benedict", "Zoë"])))
    target = HttpTarget.beside(store.connections.target, http_port(backend, request))
    lines = [line.split("\t") for line in await file(target, "p", Visibility.PRIVATE)]
    assert [(line[3], line[4], line[7]) for line in lines] == [
        ("0", "Ada", "2026-11-08 14:00:00"),
        ("3", "Zoë", "2026-11-08 14:00:00"),
    ]
    assert await file(target, "p", Visibility.PUBLIC, Visibility.UNLISTED) == []


@pytest.fixture
def filled(clickhouse: Address, store: ClickHouseStore) -> Target:
    decide(store, PROGRAM)
    enter(store, contribution("p", "Ada", 7))
    return store.connections.target


def one_of(target: HttpTarget) -> bytes:
    """As `wikitally export` asks."""
    with HttpPort(target).stream("SELECT 1", "TSV", {}) as chunks:
        return b"".join(chunks)


@pytest.mark.parametrize("given", ["its authority", "no verification", "a certificate of ours"])
async def test_a_server_behind_tls_is_asked_as_the_url_says(
    filled: Target, clickhouse: Address, tmp_path: Path, given: str
) -> None:
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue(HOST))
    tls = Tls(verify=False) if given == "no verification" else Tls(ca=authority.file)
    if given == "a certificate of ours":
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.file)
        cert, key = authority.issue("wikitally.test")
        tls = replace(tls, cert=cert, key=key)
    with tls_before(clickhouse.http_port, context) as port:
        secure = HttpTarget.beside(replace(filled, host=HOST, secure=True, tls=tls), port)
        assert len(await file(secure, "p", Visibility.PUBLIC)) == 1
        assert await asyncio.to_thread(one_of, secure) == b"1\n"


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("clickhouse://u:p@db.example/x", "http://db.example:8123/"),
        ("clickhouses://u:p@db.example:9441,other/x", "https://db.example:8443/"),
        ("clickhouse://u:p@[::1]:9000/x", "http://[::1]:8123/"),
    ],
)
def test_the_http_port_is_beside_the_native_one(url: str, wanted: str) -> None:
    target = HttpTarget.beside(Target.parse(url))
    assert (target.url, target.user, target.password, target.database) == (wanted, "u", "p", "x")
