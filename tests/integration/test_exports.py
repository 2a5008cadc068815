"""Exports: of any size, whole or not at all, and of nobody who hides their name."""

from __future__ import annotations

import csv
import http.client
import io
import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from processors.errors import StoreUnavailable
from processors.programs.events import NameHidden
from processors.programs.program import Visibility
from storage.clickhouse import ClickHouseStore
from storage.connection import query
from storage.embedded import Address
from storage.exports import HttpPort
from storage.http_target import HttpTarget
from storage.program_exports import contributions_of
from tests.acceptance.commands import wikitally
from tests.integration.test_views import PROGRAM, contribution, decide, enter
from tests.stores import show


def port_of(address: Address, store: ClickHouseStore) -> HttpPort:
    return HttpPort(HttpTarget.beside(store.connections.target, address.http_port))


@pytest.fixture
def port(clickhouse: Address, store: ClickHouseStore) -> HttpPort:
    """The HTTP port, for the test's own database."""
    return port_of(clickhouse, store)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a store with the demo's recordings."""
    data = tmp_path_factory.mktemp("demo") / "store"
    wikitally("demo", "--once", "--data", data)
    return data


def test_a_result_of_any_size_comes_in_small_chunks(port: HttpPort) -> None:
    with port.stream("SELECT number FROM numbers(3000000)", "TSV", {}) as chunks:
        sizes = [len(chunk) for chunk in chunks]
    assert sum(sizes) > 20_000_000
    assert max(sizes) <= 1 << 20


def test_a_result_that_breaks_off_is_an_error(port: HttpPort) -> None:
    sql = "SELECT number, throwIf(number = 2900000) FROM numbers(3000000)"
    with port.stream(sql, "TSV", {}) as chunks, pytest.raises(StoreUnavailable):
        list(chunks)


def test_a_query_that_is_refused_says_why(port: HttpPort) -> None:
    with pytest.raises(StoreUnavailable, match="no_such_table"), port.stream("SELECT * FROM no_such_table", "TSV", {}):
        pass


def test_nothing_can_be_written_by_an_export(port: HttpPort) -> None:
    with pytest.raises(StoreUnavailable, match="readonly"), port.stream("TRUNCATE TABLE facts", "TSV", {}):
        pass


def test_parameters_are_values_whatever_they_hold(port: HttpPort) -> None:
    odd = "it's \\ \t and\nmore {x:String}"
    with port.stream("SELECT {odd:String} AS odd", "JSONEachRow", {"odd": odd}) as chunks:
        assert json.loads(b"".join(chunks)) == {"odd": odd}


def test_parquet_can_be_read_again(port: HttpPort, store: ClickHouseStore) -> None:
    show(store, "p")
    enter(store, contribution("p", "Ada", 7), contribution("p", "Ben", 8))
    params = contributions_of("p", Visibility, names=True)
    with port.stream(query("export_contributions"), "Parquet", params) as chunks:
        written = b"".join(chunks)
    assert written[:4] == written[-4:] == b"PAR1"
    store.connections.command("CREATE TABLE again (user String, rev_id Int64) ENGINE = Memory")
    connection = http.client.HTTPConnection(port.target.place)
    address = "/?" + urlencode(
        {
            "database": port.target.database,
            "query": "INSERT INTO again FORMAT Parquet",
            "user": port.target.user,
            "password": port.target.password,
        }
    )
    connection.request("POST", address, body=written)
    assert connection.getresponse().status == 200
    connection.close()
    assert store.connections.statement("SELECT * FROM again ORDER BY rev_id")[0] == [("Ada", 7), ("Ben", 8)]


def exported(port: HttpPort, program: str, *, names: bool) -> list[str]:
    params = contributions_of(program, Visibility, names=names)
    with port.stream(query("export_contributions"), "JSONEachRow", params) as chunks:
        return [json.loads(line)["user"] for line in b"".join(chunks).splitlines()]


def test_who_hides_their_name_is_exported_only_when_told(port: HttpPort, store: ClickHouseStore) -> None:
    decide(store, PROGRAM, NameHidden("Ben"))
    enter(store, contribution("p", "Ada", 7), contribution("p", "Ben", 8))
    assert exported(port, "p", names=False) == ["Ada"]
    assert exported(port, "p", names=True) == ["Ada", "Ben"]


def test_the_command_exports_a_program_to_a_file(demo: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    wikitally("export", "edit-a-thon", "--output", file, "--data", demo)
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    assert len(rows) == 535
    assert sum(row["verdict"] == "counted" for row in rows) == 505
    assert [one.name for one in tmp_path.iterdir()] == ["out.csv"]


def test_the_command_exports_a_view_to_standard_output(demo: Path) -> None:
    lines = wikitally("export", "--table", "leaderboard", "--format", "json", "--data", demo).splitlines()
    assert {"program", "rank", "user"} <= json.loads(lines[0]).keys()
    assert len(wikitally("export", "--table", "edits", "--format", "tsv", "--data", demo).splitlines()) == 771


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["edit-a-ton"], "did you mean edit-a-thon"),
        (["--table", "leaderbord"], "did you mean leaderboard"),
        (["edit-a-thon", "--table", "edits"], "one of the two"),
        ([], "one of the two"),
        (["edit-a-thon", "--output", "/no/such/place/x.csv"], "cannot be written"),
    ],
)
def test_what_cannot_be_exported_is_said_in_one_line(demo: Path, given: list[str], words: str) -> None:
    said = wikitally("export", *given, "--data", demo, code=2)
    assert words in said
    assert "Traceback" not in said
