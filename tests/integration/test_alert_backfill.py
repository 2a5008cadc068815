"""A store that is older than alerts gets what was read before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from processors.alerts.signals import Act
from storage.clickhouse import ClickHouseStore
from storage.migrating import migrations
from tests.alerting import AlertWorld
from tests.integration.test_alerts_mediawiki import EVERYBODY, RECORDED

LOGGED = tuple(str(act) for act in Act if act not in (Act.TAGGED, Act.UNTAGGED))


def rows(store: ClickHouseStore, sql: str) -> set[tuple[Any, ...]]:
    return set(store.connections.statement(sql)[0])


def test_what_the_migration_makes_of_facts_and_books_is_what_reading_them_made(store: ClickHouseStore) -> None:
    world = AlertWorld(store, datetime(2026, 11, 23, tzinfo=UTC))
    world.apply(EVERYBODY)
    world.read_events(RECORDED)
    signals, pages = f"SELECT * FROM signals FINAL WHERE act IN {LOGGED}", "SELECT * FROM program_pages FINAL"
    made, known = rows(store, signals), rows(store, pages)
    for table in ("signals", "program_pages"):
        store.connections.command(f"TRUNCATE TABLE {table}")
    (migration,) = [one for one in migrations() if one.name == "014_alerts"]
    for statement in migration.rendered(store.connections.target):
        store.connections.command(statement.text)
    assert rows(store, signals) == made
    assert {row[3] for row in made} == set(LOGGED)
    titles = {row[:2] for row in rows(store, pages)}
    # Reading also follows pages to titles that they were moved to.
    assert titles <= {row[:2] for row in known}
    assert len(titles) > 50
