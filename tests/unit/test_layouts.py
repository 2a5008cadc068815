"""One source of DDL: what a statement becomes on shards and on a replicated cluster."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage import locks
from storage.layouts import SHARDING, Statement, render
from storage.migrating import Migration, migrations
from storage.target import Layout, Target

ONE = Target("h", 9000, "u", "", "db")
SHARDS = replace(ONE, layout=Layout("pair"))
CLUSTER = replace(ONE, layout=Layout("main", replicated=True))

TABLE = """
-- What for.
CREATE TABLE IF NOT EXISTS ledger
(
    program String COMMENT 'a ''quoted''; thing',
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY program;
"""


def test_one_server_is_told_what_is_written() -> None:
    (statement,) = render(TABLE, ONE)
    assert statement.text.startswith("CREATE TABLE IF NOT EXISTS ledger\n(")
    assert "'a ''quoted''; thing'" in statement.text


def test_shards_have_their_rows_and_one_table_in_front() -> None:
    local, front = render(TABLE, SHARDS)
    assert local.text.startswith("CREATE TABLE IF NOT EXISTS ledger_local (")
    assert "ENGINE = ReplacingMergeTree(version)\n" in local.text
    assert front == Statement(
        "CREATE TABLE IF NOT EXISTS ledger AS ledger_local "
        "ENGINE = Distributed('pair', 'db', ledger_local, cityHash64(program, user))"
    )


def test_on_a_cluster_rows_are_replicated_and_every_host_is_told_through_one() -> None:
    local, front = render(TABLE, CLUSTER)
    assert local.text.startswith("CREATE TABLE IF NOT EXISTS ledger_local ON CLUSTER `main` (")
    engine = "ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version)\n"
    assert engine in local.text
    assert front.text.startswith("CREATE TABLE IF NOT EXISTS ledger ON CLUSTER `main` AS ledger_local ENGINE = Dist")


def test_compare_and_swap_keeps_its_tokens_on_a_cluster() -> None:
    assert "SETTINGS replicated_deduplication_window = 10000" in render(locks.TABLE, CLUSTER)[0].text
    assert "non_replicated_deduplication_window = 10000" in render(locks.TABLE, SHARDS)[0].text


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("DROP TABLE IF EXISTS books", ["DROP TABLE IF EXISTS books", "DROP TABLE IF EXISTS books_local"]),
        ("TRUNCATE TABLE books", ["TRUNCATE TABLE books_local"]),
        (
            "ALTER TABLE books ADD COLUMN a String",
            ["ALTER TABLE books_local ADD COLUMN a String", "ALTER TABLE books ADD COLUMN a String"],
        ),
        (
            "ALTER TABLE books ADD INDEX i a TYPE minmax",
            ["ALTER TABLE books_local ADD INDEX i a TYPE minmax"],
        ),
        (
            "CREATE MATERIALIZED VIEW v TO books AS SELECT a FROM facts WHERE b",
            ["CREATE MATERIALIZED VIEW IF NOT EXISTS v TO books_local AS SELECT a FROM facts_local WHERE b"],
        ),
        ("CREATE VIEW v AS SELECT 1", ["CREATE VIEW IF NOT EXISTS v AS SELECT 1"]),
        ("CREATE VIEW IF NOT EXISTS v AS SELECT 1", ["CREATE VIEW IF NOT EXISTS v AS SELECT 1"]),
        ("INSERT INTO a SELECT b FROM c", ["INSERT INTO a SELECT b FROM `db`.c"]),
    ],
)
def test_what_becomes_of_statements(text: str, becomes: list[str]) -> None:
    assert [statement.text for statement in render(text, SHARDS)] == becomes
    on_cluster = [statement.text for statement in render(text, CLUSTER)]
    assert len(on_cluster) == len(becomes)
    assert all((" ON CLUSTER `main`" in one) != one.startswith("INSERT") for one in on_cluster)


def test_rows_are_moved_once() -> None:
    assert [one.once for one in render("INSERT INTO a SELECT b FROM c; DROP TABLE a", SHARDS)] == [True, False, False]


def test_a_statement_without_a_counterpart_is_refused() -> None:
    with pytest.raises(ValueError, match="RENAME TABLE"):
        render("RENAME TABLE a TO b", SHARDS)


@pytest.mark.parametrize("migration", migrations(), ids=lambda one: one.name)
def test_every_migration_has_a_counterpart(migration: Migration) -> None:
    for target in (SHARDS, CLUSTER):
        assert migration.rendered(target)


def test_what_is_sharded_is_sharded_by_columns_of_its_key() -> None:
    """All versions of a row are on one shard, where FINAL sees them."""
    keys = {
        "facts": {"event_id", "wiki", "occurred_at"},
        "activity_minutes": {"minute", "wiki"},
        "registrations": {"user"},
    } | {name: {"program", "user"} for name in ("contributions", "ledger", "standings")}
    assert SHARDING.keys() == keys.keys()
    for name, columns in keys.items():
        used = set(SHARDING[name].replace("(", " ").replace(")", " ").replace(",", " ").split())
        assert used - {"cityHash64", "toStartOfMinute"} <= columns
