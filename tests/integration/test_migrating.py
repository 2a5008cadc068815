"""The schema: applied once, by one process at a time, and found out when it is not what its records say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count

import pytest
from typer.testing import CliRunner

from deploy.cli.app import app
from processors.errors import InvalidInput, StoreUnavailable
from storage import migrating
from storage.clickhouse import ClickHouseStore
from storage.connection import Connections
from storage.embedded import Address
from storage.migrating import check_version, migrations, pending
from storage.target import Layout, Target

_numbers = count()


@pytest.fixture
def target(clickhouse: Address) -> Iterator[Target]:
    """A database that is not there yet."""
    wanted = replace(Target.parse(clickhouse.url), database=f"migrating_{next(_numbers)}")
    yield wanted
    bare = Connections(replace(wanted, database=""))
    for name in (wanted.analytics, wanted.database):
        bare.command(f"DROP DATABASE IF EXISTS {name}")
    bare.close()


@pytest.fixture
def fresh(target: Target) -> Iterator[ClickHouseStore]:
    store = ClickHouseStore(target)
    yield store
    store.close()


def schema(store: ClickHouseStore) -> list[tuple[object, ...]]:
    columns, _ = store.connections.statement(
        "SELECT table, name, type, comment FROM system.columns WHERE database = currentDatabase() ORDER BY table, name"
    )
    return columns


def applied(store: ClickHouseStore) -> list[int]:
    rows, _ = store.connections.statement("SELECT version FROM schema_versions ORDER BY version")
    return [number for (number,) in rows]


def test_all_is_pending_then_applied_then_nothing(fresh: ClickHouseStore) -> None:
    assert pending(fresh.connections) == list(migrations())
    assert fresh.migrate() == list(migrations())
    assert fresh.migrate() == []
    assert applied(fresh) == [one.number for one in migrations()]


def test_of_several_at_once_one_applies(target: Target) -> None:
    stores = [ClickHouseStore(target) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda store: store.migrate(), stores))
    assert sorted(len(one) for one in done) == [0, 0, 0, len(migrations())]
    assert applied(stores[0]) == [one.number for one in migrations()]
    for store in stores:
        store.close()


@pytest.mark.parametrize("statements", range(2, 40, 6))
def test_broken_off_anywhere_it_is_finished_by_the_next(
    statements: int, target: Target, store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Connections.command
    left = [statements]

    def command(self: Connections, sql: str) -> None:
        left[0] -= 1
        if not left[0]:
            raise StoreUnavailable("pulled the plug")
        run(self, sql)

    monkeypatch.setattr(Connections, "command", command)
    broken = ClickHouseStore(target)
    with pytest.raises(StoreUnavailable):
        broken.migrate()
    monkeypatch.undo()
    broken.migrate()
    assert schema(broken) == schema(store)
    broken.close()


def test_a_store_of_a_newer_wikitally_is_refused(fresh: ClickHouseStore) -> None:
    fresh.migrate()
    fresh.connections.insert("schema_versions", ("version", "md5", "script"), [[999], ["x"], ["x"]])
    with pytest.raises(InvalidInput, match=r"of a newer wikitally \(migration 999; this one knows"):
        fresh.migrate()


def test_another_text_under_a_known_number_is_refused(fresh: ClickHouseStore, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh.migrate()
    first, *others = migrations()
    monkeypatch.setattr(migrating, "migrations", lambda: (first._replace(script="SELECT 1"), *others))
    with pytest.raises(InvalidInput, match="migration 001_facts was applied with another text"):
        fresh.migrate()


def test_a_server_that_is_too_old_is_refused_by_its_version(
    fresh: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "OLDEST", (99, 1))
    with pytest.raises(InvalidInput, match=r"ClickHouse 26\.\S+ is too old; wikitally needs 99\.1 or newer"):
        check_version(fresh.connections)
    with pytest.raises(InvalidInput, match="too old"):
        fresh.migrate()


def test_a_migration_that_the_server_refuses_names_itself_and_the_rule(
    fresh: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = migrations()[0]._replace(script="CREATE TABLE t (a Strin) ENGINE = Memory")
    monkeypatch.setattr(migrating, "migrations", lambda: (wrong,))
    with pytest.raises(InvalidInput, match="refuses migration 001_facts: Unknown data type family: Strin"):
        fresh.migrate()


@pytest.mark.parametrize("layout", [Layout("main", replicated=True), Layout("pair")])
def test_what_a_cluster_is_told_is_sql(layout: Layout, store: ClickHouseStore) -> None:
    """A replicated cluster is not had here: the engine reads what it would be told, and writes it back."""
    target = replace(store.connections.target, layout=layout)
    texts = [statement.text for one in migrations() for statement in one.rendered(target)]
    for text in texts:
        quoted = text.replace("\\", "\\\\").replace("'", "\\'")
        ((read,),) = store.connections.statement(f"SELECT formatQuery('{quoted}')")[0]
        assert ("ON CLUSTER" in read) == (layout.replicated and not text.startswith("INSERT"))
    assert any("ReplicatedReplacingMergeTree" in text for text in texts) == layout.replicated


def test_the_command_shows_then_applies(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"clickhouse://{target.user}:{target.password}@{target.host}:{target.port}/{target.database}"
    monkeypatch.setenv("WIKITALLY_CLICKHOUSE_URL", url)
    shown = CliRunner().invoke(app, ["migrate", "--dry-run"])
    assert shown.exit_code == 0
    assert "CREATE TABLE IF NOT EXISTS facts" in shown.stdout
    assert f"would apply {len(migrations())}: 001_facts" in shown.stderr.replace("\n", " ")
    done = CliRunner().invoke(app, ["migrate", "--json"])
    assert [one["number"] for one in json.loads(done.stdout)] == [one.number for one in migrations()]
    again = CliRunner().invoke(app, ["migrate"])
    assert f"up to date: {len(migrations())} migrations" in again.stderr
    monkeypatch.setenv("WIKITALLY_CLICKHOUSE_URL", f"{url}?cluster=main")
    whole = CliRunner().invoke(app, ["migrate", "--print"])
    assert "ON CLUSTER `main`" in whole.stdout
    assert "-- on one host only:\nINSERT INTO" in whole.stdout
