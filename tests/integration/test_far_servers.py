"""ClickHouse somewhere else: TLS, compression, several hosts, calls that are tried again."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import NetworkError

from processors.errors import StoreUnavailable
from storage.connection import Connections
from storage.embedded import Address
from storage.target import Target
from tests.conftest import NewStore
from tests.histories import edit
from tests.tls import HOST, Authority, tls_before


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def serving(authority: Authority, name: str = HOST, *, asks_for_certificates: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue(name))
    if asks_for_certificates:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.file)
    return context


def url(address: Address, port: int, options: str = "") -> str:
    return f"clickhouses://writer:{quote(address.writer_password, safe='')}@{HOST}:{port}/default?{options}"


def answer(target: str) -> int:
    connections = Connections(Target.parse(target))
    try:
        ((count,),), _ = connections.statement("SELECT count() FROM numbers(1000)")
        return int(count)
    finally:
        connections.close()


@pytest.mark.parametrize("compression", ["none", "lz4", "zstd"])
def test_over_tls_with_a_known_authority(authority: Authority, clickhouse: Address, compression: str) -> None:
    with tls_before(clickhouse.tcp_port, serving(authority)) as port:
        assert answer(url(clickhouse, port, f"ca={authority.file}&compression={compression}")) == 1000


def test_a_server_that_nobody_vouches_for_is_refused(authority: Authority, clickhouse: Address) -> None:
    with tls_before(clickhouse.tcp_port, serving(authority)) as port:
        with pytest.raises(StoreUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            answer(url(clickhouse, port))
        assert answer(url(clickhouse, port, "verify=no")) == 1000


def test_a_server_of_another_name_is_refused(authority: Authority, clickhouse: Address) -> None:
    with (
        tls_before(clickhouse.tcp_port, serving(authority, "db.example")) as port,
        pytest.raises(StoreUnavailable, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        answer(url(clickhouse, port, f"ca={authority.file}"))


def test_a_server_that_asks_for_our_certificate_gets_it(authority: Authority, clickhouse: Address) -> None:
    cert, key = authority.issue("wikitally")
    with tls_before(clickhouse.tcp_port, serving(authority, asks_for_certificates=True)) as port:
        with pytest.raises(StoreUnavailable):
            answer(url(clickhouse, port, f"ca={authority.file}"))
        assert answer(url(clickhouse, port, f"ca={authority.file}&cert={cert}&key={key}")) == 1000


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_what_is_compressed_arrives_whole(new_store: NewStore, compression: str) -> None:
    store = new_store()
    far = Connections(replace(store.connections.target, compression=compression))  # type: ignore[arg-type]
    facts = [edit(number, "A", comment="ä" * 500 + str(number)) for number in range(300)]
    store.append(facts, facts[0].occurred_at)
    rows, _ = store.connections.statement("SELECT * FROM facts ORDER BY event_id")
    names = [name for name, _ in store.connections.statement("SELECT * FROM facts LIMIT 0")[1]]
    far.command("CREATE TABLE copy AS facts")
    far.insert("copy", names, list(zip(*rows, strict=True)))
    assert far.statement("SELECT * FROM copy ORDER BY event_id")[0] == rows
    far.close()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Nobody listens there, and nobody else gets it."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        yield taken.getsockname()[1]


def test_the_next_host_answers_for_one_that_is_away(clickhouse: Address, closed_port: int) -> None:
    alive = replace(Target.parse(clickhouse.url), database="default")
    several = Connections(replace(alive, port=closed_port, others=((HOST, alive.port),)))
    assert several.ping().startswith("26.")
    assert len(several.hosts()) == 1
    several.close()


def test_all_away_is_said_once_and_soon(closed_port: int) -> None:
    told: list[str] = []
    nobody = Connections(Target(HOST, closed_port, "u", "secret", others=((HOST, closed_port),)))
    nobody.on_retry = told.append
    with pytest.raises(StoreUnavailable, match="does not answer") as away:
        nobody.ping()
    assert "secret" not in str(away.value)
    assert told == ["ping", "ping"]


def test_a_call_whose_connection_breaks_is_tried_again(clickhouse: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    connections = Connections(replace(Target.parse(clickhouse.url), database="default"))
    told: list[str] = []
    connections.on_retry = told.append
    execute = Client.execute
    left = [2]

    def broken(self: Client, *args: object, **options: object) -> object:
        if left[0]:
            left[0] -= 1
            raise NetworkError("connection reset by peer")
        return execute(self, *args, **options)

    monkeypatch.setattr(Client, "execute", broken)
    assert connections.ping()
    assert told == ["ping", "ping"]
    left[0] = 3
    with pytest.raises(StoreUnavailable, match="connection reset by peer"):
        connections.ping()
    connections.close()


def test_who_waited_for_an_answer_in_vain_does_not_wait_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.driver._ANSWER_SECONDS", 0.5)
    monkeypatch.setattr("storage.driver._CONNECT_SECONDS", 0.5)
    told: list[str] = []
    with socket.create_server((HOST, 0)) as silent:
        connections = Connections(Target(HOST, silent.getsockname()[1], "u", ""))
        connections.on_retry = told.append
        with pytest.raises(StoreUnavailable):
            connections.ping()
    assert told == []
