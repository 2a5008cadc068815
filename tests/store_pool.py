"""Empty stores for tests. Migrating takes longer than most tests do: who is done with a store hands it on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace

from clickhouse_driver import Client

from storage.clickhouse import ClickHouseStore
from storage.driver import connect
from storage.target import Target

_DESCRIBED = """
    SELECT database, name, engine, create_table_query
    FROM system.tables WHERE database IN (%(analytics)s, %(database)s)
    ORDER BY database, name
"""
_FILLED = """
    SELECT DISTINCT table FROM system.parts
    WHERE database = %(database)s AND active AND table != 'schema_versions'
"""
Schema = list[tuple[str, str, str, str]]
"""(database, table, engine, how it is made)"""


@dataclass(frozen=True)
class _Lent:
    kind: str
    store: ClickHouseStore
    schemas: tuple[Schema, ...]
    """As they were when it was migrated, by host."""


class StorePool:
    """Lends stores, each with a database that nobody else has meanwhile."""

    def __init__(self) -> None:
        self._idle: dict[str, list[_Lent]] = defaultdict(list)
        self._lent: list[_Lent] = []
        self._kept = 0

    def lend(self, kind: str, make: Callable[[], Target]) -> ClickHouseStore:
        """An empty store on this kind of server: in the database that `make` gives, unless one is left over."""
        if self._idle[kind]:
            one = self._idle[kind].pop()
            one = _Lent(kind, ClickHouseStore(one.store.connections.target), one.schemas)
        else:
            store = ClickHouseStore(make())
            store.migrate()
            one = _Lent(kind, store, tuple(_described(target) for target in _hosts(store)))
        self._lent.append(one)
        return one.store

    def keep(self) -> None:
        """Those who have been lent a store have it as long as the session lasts."""
        self._kept = len(self._lent)

    def take_back(self) -> None:
        """Empty what was lent since `keep`, for others; what no longer is as it was made goes.

        A server takes only so many connections and tables.
        """
        for one in self._lent[self._kept :]:
            hosts = _hosts(one.store)
            one.store.close()
            if tuple(_described(target) for target in hosts) == one.schemas:
                for target, schema in zip(hosts, one.schemas, strict=True):
                    _empty(target, schema)
                self._idle[one.kind].append(one)
            else:
                for target in hosts:
                    _drop(target)
        del self._lent[self._kept :]
        for one in self._lent:
            one.store.close()


def _hosts(store: ClickHouseStore) -> list[Target]:
    return [host.target for host in store.connections.hosts()]


def _client(target: Target) -> Client:
    return connect(replace(target, database="default"))


def _described(target: Target) -> Schema:
    with _client(target) as client:
        rows: Schema = client.execute(_DESCRIBED, _names(target))
    return rows


def _names(target: Target) -> dict[str, str]:
    return {"database": target.database, "analytics": target.analytics}


def _empty(target: Target, schema: Schema) -> None:
    made = {name: text for database, name, _, text in schema if database == target.database}
    with _client(target) as client:
        for (name,) in client.execute(_FILLED, _names(target)):
            table = f"{target.database}.{name}"
            if "deduplication_window" in made[name]:
                # It knows the tokens of rows that are gone.
                client.execute(f"DROP TABLE {table} SYNC")
                client.execute(made[name])
            else:
                client.execute(f"TRUNCATE TABLE {table}")


def _drop(target: Target) -> None:
    with _client(target) as client:
        for database in (target.analytics, target.database):
            client.execute(f"DROP DATABASE IF EXISTS {database}")
