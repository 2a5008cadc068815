"""SQL for whoever has a token: other people's clients, what they may not, what they see, answers of any size."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import MetaData, Table, create_engine, func, select, text

from api.sql_gateway import AT_ONCE
from processors.errors import InvalidInput, StoreUnavailable
from processors.programs.program import Participant, Visibility
from processors.programs.tokens import digest_of
from storage.analyst_http import AnalystHttp
from storage.clickhouse import ClickHouseStore
from storage.embedded import Address
from storage.embedded_config import ANALYST, DATABASE, OPERATOR, WRITER, users_xml
from storage.http_target import HttpTarget
from storage.target import Target
from storage.views import view_texts
from tests.gateway import Gateway, gateway
from tests.maven import jars
from tests.servers import CLUSTER, given_server, running_pair
from tests.stores import embedded_store, show

COLUMNS = ("program", "user", "wiki", "kind", "rev_id", "verdict", "occurred_at", "title", "version")
AT = 1_795_000_000
JDBC = Path(__file__).parents[1] / "jdbc"


PASSWORDS = {WRITER: "for the writer", OPERATOR: "for the operator", ANALYST: "for the analyst"}


class Sharded(Address):
    """The first of two shards."""

    @property
    def url(self) -> str:
        return f"{super().url}?shards={CLUSTER}"


@pytest.fixture(scope="module", params=["embedded", "given", "shards"])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """Each kind of server in turn, with the accounts that the embedded one has."""
    directory = tmp_path_factory.mktemp("gateway")
    accounts = users_xml(PASSWORDS)
    match request.param:
        case "given":
            with given_server(directory, accounts) as server:
                server.new_database(DATABASE)
                yield Address(server.port, server.http_port, *PASSWORDS.values())
        case "shards":
            with running_pair(directory, accounts) as pair:
                first = pair.servers[0]
                yield Sharded(first.port, first.http_port, *PASSWORDS.values())
        case _:
            with embedded_store(directory) as opened:
                yield opened


@pytest.fixture(scope="module")
def store(address: Address) -> Iterator[ClickHouseStore]:
    """Two programs, one of them private, and somebody who hides their name."""
    opened = ClickHouseStore(Target.parse(address.url))
    opened.migrate()
    show(opened, "open-day", participants=(Participant("Ada"), Participant("Shy", hidden=True)))
    show(opened, "hush", visibility=Visibility.PRIVATE, participants=(Participant("Secret"),))
    rows = [
        ("open-day", "Ada", "en.wikipedia.org", "edit", 1, "counted", AT, "Tea", 1),
        ("open-day", "Shy", "en.wikipedia.org", "edit", 2, "counted", AT, "Shyness", 1),
        ("hush", "Secret", "en.wikipedia.org", "edit", 3, "counted", AT, "Hidden plan", 1),
    ]
    opened.connections.insert("contributions", COLUMNS, list(zip(*rows, strict=True)))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def served(address: Address, store: ClickHouseStore) -> Iterator[Gateway]:
    with gateway(HttpTarget.parse(address.analyst_url)) as running:
        yield running


@pytest.fixture(scope="module")
def client(served: Gateway) -> Iterator[Client]:
    opened = clickhouse_connect.get_client(
        host="127.0.0.1", port=served.port, username="ada", password=served.secret, autogenerate_session_id=False
    )
    yield opened
    opened.close()


def ask(
    served: Gateway, sql: str, *, headers: Mapping[str, str] | None = None, query: str = "", method: str = "POST"
) -> tuple[int, Mapping[str, str], bytes]:
    """What curl would get."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    given = {"Authorization": f"Bearer {served.secret}"} if headers is None else headers
    connection.request(method, f"/{query and '?' + query}", sql.encode() or None, dict(given))
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


def test_clickhouse_connect_asks_in_every_way_it_has(client: Client) -> None:
    assert str(client.server_version).startswith("26.")
    assert client.query("SELECT user FROM contributions").result_rows == [("Ada",)]
    asked = client.query(
        "SELECT {w:String}, {u:Array(UInt64)}", parameters={"w": "it's\na \\ {path}", "u": [1, 2]}
    ).result_rows
    assert list(asked[0]) == ["it's\na \\ {path}", [1, 2]]
    assert client.query("SELECT %(x)s", parameters={"x": "a'b"}).result_rows == [("a'b",)]
    assert client.query("SELECT getSetting('max_threads')", settings={"max_threads": 1}).result_rows == [(1,)]
    assert client.query("SELECT length({u:Array(UInt64)})", parameters={"u": list(range(20_000))}).result_rows == [
        (20_000,)
    ]
    assert client.command("SELECT count() FROM analytics.contributions") == 1
    assert client.raw_query("SELECT 1 AS a", fmt="CSVWithNames") == b'"a"\n1\n'
    assert ("contributions",) in client.query("SHOW TABLES FROM analytics").result_rows
    assert client.query("DESCRIBE TABLE contributions").result_rows[0][0] == "program"
    assert client.ping()


def test_dbeavers_driver_finds_its_way(served: Gateway) -> None:
    url = f"jdbc:clickhouse:http://127.0.0.1:{served.port}/analytics"
    command = ["java", "-cp", f"{jars(JDBC / 'pom.xml')}/*", str(JDBC / "Questions.java"), url, "ada", served.secret]
    asked = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = dict(line.split("\t") for line in asked.stdout.splitlines())
    assert found["version"].startswith("26.")
    assert found["valid"] == "true"
    assert "analytics" in found["schemas"].split(",")
    assert found["tables"].split(",") == sorted(view_texts())
    assert found["columns"].split(",")[:3] == ["program", "wiki", "kind"]
    assert found["remarks"].startswith("who did it, by the name of today; unit: user name")
    assert (found["keys"], found["indexes"], found["functions"]) == ("", "", "true")
    assert found["rows"] == "Ada null 2026-11-18 11:06:40;"
    assert (found["limited"], found["prepared"], found["many"]) == ("200", "Ada;", "100000;")
    assert found["described"] == "user Int64"
    assert found["refused"].startswith("error Code: 497. DB::Exception: the function file is not allowed")
    assert found["written"].startswith("error Code: 497. DB::Exception: only SELECT")
    assert found["after"] == "1;"


def test_clickhouse_connect_streams(client: Client) -> None:
    with client.query_row_block_stream("SELECT number FROM numbers(300000)") as blocks:
        assert sum(len(block) for block in blocks) == 300_000


async def test_clickhouse_connect_asks_asynchronously(served: Gateway) -> None:
    opened = await clickhouse_connect.get_async_client(
        host="127.0.0.1", port=served.port, username="x", password=served.secret
    )
    assert (await opened.query("SELECT title FROM contributions")).result_rows == [("Tea",)]
    await opened.close()


@pytest.mark.parametrize("dialect", ["clickhouse+http", "clickhousedb"])
@pytest.mark.filterwarnings("ignore:.*remains registered to another SQLAlchemy dialect")
def test_sqlalchemy_reflects_and_asks(served: Gateway, dialect: str) -> None:
    engine = create_engine(f"{dialect}://ada:{served.secret}@127.0.0.1:{served.port}/analytics")
    table = Table("contributions", MetaData(), autoload_with=engine)
    with engine.connect() as connection:
        counted = connection.execute(select(table.c.user, func.count()).group_by(table.c.user)).fetchall()
        assert [tuple(row) for row in counted] == [("Ada", 1)]
        assert connection.execute(text("SELECT 1")).scalar() == 1
    engine.dispose()


@pytest.mark.parametrize(
    "bad",
    [
        "DROP TABLE contributions",
        "SELECT nosuch FROM contributions",
        "SELECT file('/etc/hostname')",
        "SELECT arrayMap(file, ['/etc/hostname'])",
        "SELECT * APPLY(file) FROM (SELECT '/etc/hostname')",
        "SELECT * FROM wikitally.contributions",
        "SELECT * FROM wikitally.tokens",
        "SELECT * FROM system.processes",
        "SELECT 1; SELECT 2",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "KILL QUERY WHERE 1",
        "SELECT 1 SETTINGS additional_result_filter = 'file(''/etc/hostname'') = 1'",
        "EXPLAIN SELECT file('/etc/hostname')",
    ],
)
def test_what_others_may_not_is_an_error_of_clickhouse(client: Client, bad: str) -> None:
    with pytest.raises(DatabaseError, match=r"Code: \d+\. DB::Exception"):
        client.query(bad)


def test_nothing_is_written(client: Client) -> None:
    with pytest.raises(DatabaseError):
        client.insert("contributions", [["x"]], column_names=["program"])


def test_grafana_and_curl_ask_as_they_do(served: Gateway) -> None:
    settings = "default_format=JSON&add_http_cors_header=1&max_execution_time=10"
    status, headers, body = ask(served, "SELECT title FROM contributions", query=settings)
    assert (status, headers["x-clickhouse-format"], json.loads(body)["data"]) == (200, "JSON", [{"title": "Tea"}])
    status, headers, body = ask(served, "", query=f"query={quote('SELECT 1 AS x FORMAT CSVWithNames')}", method="GET")
    assert (status, headers["content-type"].partition(";")[0], body) == (200, "text/csv", b'"x"\n1\n')
    basic = {"X-ClickHouse-User": "any", "X-ClickHouse-Key": served.secret, "X-ClickHouse-Format": "JSONEachRow"}
    assert ask(served, "SELECT 1 AS x", headers=basic)[2] == b'{"x":1}\n'
    assert ask(served, "", headers={}, method="GET")[0] == 401
    assert ask(served, "", method="GET")[2] == b"Ok.\n"


def test_an_answer_is_compressed_where_that_is_wanted(served: Gateway) -> None:
    wanted = {"Authorization": f"Bearer {served.secret}", "Accept-Encoding": "gzip"}
    _, headers, body = ask(served, "SELECT 1", headers=wanted, query="enable_http_compression=1")
    assert (headers["content-encoding"], gzip.decompress(body)) == ("gzip", b"1\n")


def test_a_question_may_be_compressed_but_not_without_end(served: Gateway) -> None:
    given = {"Authorization": f"Bearer {served.secret}", "Content-Encoding": "gzip"}
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    answers = []
    for sql in (b"SELECT 7", b"SELECT 7" + b" " * 10_000_000):
        connection.request("POST", "/", gzip.compress(sql), given)
        answer = connection.getresponse()
        answers.append((answer.status, answer.read()))
    connection.close()
    assert answers[0] == (200, b"7\n")
    assert answers[1][0] == 403
    assert b"rule: length" in answers[1][1]


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "516"),
        ({"Authorization": "Bearer wt_wrong"}, 401, "516"),
        ({"X-ClickHouse-User": "writer", "X-ClickHouse-Key": ""}, 401, "516"),
        ({"Authorization": "Basic !!!"}, 401, "516"),
        ({"Authorization": "Bearer wt_for_one_program"}, 403, "497"),
    ],
)
def test_without_a_token_for_sql_there_is_none(
    served: Gateway, headers: dict[str, str], status: int, code: str
) -> None:
    found, answered, body = ask(served, "SELECT 1", headers=headers)
    assert (found, answered["x-clickhouse-exception-code"]) == (status, code)
    assert body.startswith(f"Code: {code}. DB::Exception: ".encode())


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("readonly=0&max_memory_usage=0", "setting"),
        ("max_execution_time=3600", "setting"),
        ("additional_result_filter=1", "setting"),
        ("role=writer", "setting"),
        ("output_format_schema=x", "setting"),
        ("default_format=Template", "format"),
        ("database=wikitally", "table"),
        ("param_a%27=1", "parameter"),
        ("query_id=a%20b", "parameter"),
        ("compress=2", "setting"),
    ],
)
def test_the_address_cannot_ask_for_more_either(served: Gateway, query: str, rule: str) -> None:
    status, _, body = ask(served, "SELECT 1", query=query)
    assert status in (400, 403)
    assert f"rule: {rule}" in body.decode()


@pytest.mark.parametrize(
    ("body", "headers", "rule"),
    [
        (b"SELECT '\xff'", {}, "unreadable"),
        (b"SELECT 1", {"Content-Encoding": "br"}, "encoding"),
        (b"SELECT 1", {"Content-Encoding": "gzip"}, "encoding"),
        (b"SELECT 1" + b" " * 900_000, {}, "length"),
        (
            b'--x\r\nContent-Disposition: form-data; name="t"; filename="t.tsv"\r\n\r\n1\r\n--x--\r\n',
            {"Content-Type": "multipart/form-data; boundary=x"},
            "external_table",
        ),
        (b"SELECT 1 SETTINGS readonly = 0", {"X-ClickHouse-Database": "default"}, "setting"),
        (b"SELECT 1", {"X-ClickHouse-Database": "wikitally"}, "table"),
        (b"SELECT 1", {"X-ClickHouse-Format": "Template"}, "format"),
        (b"SELECT 1 FORMAT CapnProto", {}, "format"),
    ],
)
def test_a_body_cannot_bring_more_either(served: Gateway, body: bytes, headers: dict[str, str], rule: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    connection.request("POST", "/", body, {"Authorization": f"Bearer {served.secret}", **headers})
    answer = connection.getresponse()
    status, said = answer.status, answer.read().decode()
    connection.close()
    assert status in (400, 403)
    assert f"rule: {rule}" in said


def test_private_programs_and_hidden_names_are_in_no_table(client: Client) -> None:
    seen = ""
    for (name,) in client.query("SHOW TABLES FROM analytics").result_rows:
        seen += str(client.query(f"SELECT * FROM {name}").result_rows)
    assert "open-day" in seen
    assert "Ada" in seen
    for secret in ("hush", "Secret", "Hidden plan", "Shy", "Shyness"):
        assert secret not in seen


@pytest.mark.parametrize(
    "condition",
    [
        "throwIf(user = 'Secret') = 0",
        "intDiv(1, user != 'Secret') = 1",
        "intDiv(1, title != 'Hidden plan') = 1",
        "intDiv(1, rev_id - 3) >= -1",
        "intDiv(1, rev_id - 2) >= -1",
        "intDiv(1, title != 'Shyness') = 1",
        "toUInt8(if(user = 'Ada', '1', user)) = 1",
        "rev_id > 0 AND user != '' AND intDiv(1, program != 'hush') = 1",
        "CAST(if(rev_id = 1, 'a', title) AS Enum8('a' = 1)) = 'a'",
    ],
)
def test_no_condition_can_be_made_to_fail_on_what_is_not_shown(client: Client, condition: str) -> None:
    """ClickHouse runs conditions from outside together with the view's own: an error would tell."""
    if "throwIf" in condition:
        with pytest.raises(DatabaseError, match="rule: function"):
            client.query(f"SELECT count() FROM contributions WHERE {condition}")
        return
    assert client.query(f"SELECT count() FROM contributions WHERE {condition}").result_rows == [(1,)]


def test_what_the_server_tells_about_itself_names_no_table_that_is_not_for_reading(client: Client) -> None:
    assert client.query("SHOW DATABASES").result_rows == [("analytics",)]
    assert set(client.query("SELECT DISTINCT database FROM system.columns").result_rows) <= {
        ("analytics",),
        ("system",),
    }
    with pytest.raises(DatabaseError):
        client.query("SELECT * FROM system.users")


def test_the_account_itself_reads_nothing_else(address: Address) -> None:
    """Should anything get past the guard, the server still says no."""

    async def tried() -> list[bytes]:
        server = AnalystHttp(HttpTarget.parse(address.analyst_url))
        said = []
        for sql in (
            "SELECT * FROM wikitally.contributions",
            "SELECT * FROM wikitally.tokens",
            "SELECT * FROM system.processes",
            "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'x String')",
            "INSERT INTO wikitally.tokens (name) SELECT 'x'",
            "SELECT 1 SETTINGS additional_result_filter = '1'",
            "SELECT 1 SETTINGS short_circuit_function_evaluation = 'disable'",
        ):
            async with server.ask(sql, {}) as answer:
                assert answer.status != 200, sql
                said.append(b"".join([chunk async for chunk in answer.body]))
        await server.close()
        return said

    assert all(b"DB::Exception" in one for one in asyncio.run(tried()))


def test_an_answer_of_any_size_comes_as_it_is_made(served: Gateway) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    connection.request(
        "POST", "/", b"SELECT number, repeat('x', 100) FROM numbers(1000000)", {"X-ClickHouse-Key": served.secret}
    )
    answer = connection.getresponse()
    size = 0
    while chunk := answer.read(1 << 20):
        size += len(chunk)
    connection.close()
    assert size > 100_000_000


def running(store: ClickHouseStore, query_id: str) -> int:
    rows, _ = store.connections.statement(f"SELECT count() FROM system.processes WHERE query_id = '{query_id}'")
    return int(rows[0][0])


def until(true: Any, seconds: float = 20) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if true():
            return True
        time.sleep(0.05)
    return False


SLOW = "SELECT count() FROM numbers(9000000000) WHERE SHA256(toString(number)) = ''"


def begin(served: Gateway, query_id: str) -> socket.socket:
    asked = socket.create_connection(("127.0.0.1", served.port), timeout=30)
    head = f"POST /?query_id={query_id} HTTP/1.1\r\nHost: x\r\nX-ClickHouse-Key: {served.secret}\r\n"
    asked.sendall(f"{head}Content-Length: {len(SLOW)}\r\n\r\n{SLOW}".encode())
    return asked


def outcomes(served: Gateway) -> dict[str, float]:
    families = text_string_to_metric_families(served.metrics.text().decode())
    return {
        sample.labels["outcome"]: sample.value
        for family in families
        for sample in family.samples
        if sample.name == "wikitally_sql_queries_total"
    }


def test_whoever_goes_away_ends_their_query(served: Gateway, store: ClickHouseStore) -> None:
    before = outcomes(served).get("cancelled", 0)
    asked = begin(served, "left-alone")
    assert until(lambda: running(store, "left-alone") == 1)
    asked.close()
    assert until(lambda: running(store, "left-alone") == 0, 10)
    assert until(lambda: outcomes(served).get("cancelled", 0) == before + 1)


def test_a_token_has_so_many_queries_at_once(served: Gateway, store: ClickHouseStore) -> None:
    asked = [begin(served, f"many-{number}") for number in range(AT_ONCE + 1)]
    try:
        assert until(lambda: sum(running(store, f"many-{number}") for number in range(AT_ONCE)) == AT_ONCE)
        time.sleep(0.3)
        assert running(store, f"many-{AT_ONCE}") == 0
        asked[0].close()
        assert until(lambda: running(store, f"many-{AT_ONCE}") == 1)
    finally:
        for one in asked:
            one.close()
    assert until(lambda: all(running(store, f"many-{number}") == 0 for number in range(AT_ONCE + 1)))


def test_a_query_ends_when_its_time_is_over(served: Gateway) -> None:
    status, headers, body = ask(served, SLOW, query="max_execution_time=1")
    assert (status, headers["x-clickhouse-exception-code"]) == (408, "159"), body


def test_what_becomes_of_questions_is_counted(address: Address, store: ClickHouseStore) -> None:
    with gateway(HttpTarget.parse(address.analyst_url)) as fresh:
        for sql in ("SELECT 1", "SELECT nosuch", "KILL QUERY WHERE 1"):
            ask(fresh, sql)
        ask(fresh, "SELECT 1", headers={})
        wanted = {"answered": 1, "failed": 1, "refused": 1, "unauthorized": 1}
        assert until(lambda: outcomes(fresh) == wanted), outcomes(fresh)


def test_each_token_has_a_quota_of_its_own(served: Gateway, store: ClickHouseStore) -> None:
    ask(served, "SELECT 1", query="quota_key=another")
    rows, _ = store.connections.statement(
        "SELECT DISTINCT quota_key FROM system.quotas_usage WHERE quota_name = 'analyst'"
    )
    assert (digest_of(served.secret)[:16],) in rows
    assert ("another",) not in rows


def test_pings_need_no_token(served: Gateway) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    for path in ("/ping", "/replicas_status"):
        connection.request("GET", path)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"Ok.\n")
    connection.close()


def test_a_server_that_is_away_is_said_to_be() -> None:
    with gateway(HttpTarget("http://127.0.0.1:1/", "analyst", "x")) as alone:
        status, headers, body = ask(alone, "SELECT 1")
        assert (status, headers["retry-after"], headers["x-clickhouse-exception-code"]) == (503, "5", "210")
        assert b"does not answer" in body


async def test_functions_are_not_known_where_nobody_answers() -> None:
    server = AnalystHttp(HttpTarget("http://127.0.0.1:1/", "analyst", "x"))
    with pytest.raises(StoreUnavailable):
        await server.functions()
    await server.close()


def test_an_account_is_named_by_a_url() -> None:
    found = HttpTarget.parse("https://ana%40lyst:p%3Aw@ch.example/analytics")
    assert found == HttpTarget("https://ch.example:8443/", "ana@lyst", "p:w", "analytics")
    assert "p:w" not in repr(found)
    for bad in ("clickhouse://a:b@h/x", "http://h/x", "http://a:b@h/x?readonly=0"):
        with pytest.raises(InvalidInput) as refused:
            HttpTarget.parse(bad)
        assert "a:b" not in str(refused.value)
