"""A few native connections to one ClickHouse server, and its errors in our words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import cache
from importlib import resources
from queue import Empty, LifoQueue
from string import Template
from threading import Lock
from typing import Any, TypeVar

import stamina
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException

from processors.errors import InvalidInput
from storage.driver import connect, first_line, settings_of, translated, worth_another
from storage.target import Layout, Target

_ATTEMPTS = 3
_WAITS = {"wait_initial": 0.05, "wait_max": 0.3, "wait_jitter": 0.1}
_Result = TypeVar("_Result")


@cache
def query(name: str) -> str:
    """The text of `storage/queries/NAME.sql`."""
    return resources.files("storage").joinpath("queries", f"{name}.sql").read_text(encoding="utf-8")


CORRELATION: ContextVar[str] = ContextVar("correlation", default="")
"""What an insert is part of, for people who search ClickHouse's `query_log`: its `log_comment`."""


def _comment() -> dict[str, str]:
    correlation = CORRELATION.get()
    return {"log_comment": correlation} if correlation else {}


def external(
    name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], types: Sequence[str] = ()
) -> dict[str, Any]:
    """Rows that go along with a query as a table; columns are strings where `types` says nothing else."""
    return {
        "name": name,
        "structure": list(zip(columns, types or ["String"] * len(columns), strict=True)),
        "data": [dict(zip(columns, row, strict=True)) for row in rows],
    }


class Connections:
    """A pool of native connections; safe to share between threads. Nothing is opened before the first call.

    A call whose connection breaks, or that the server has no room for, is tried again, briefly: every one of ours may
    be repeated. Who has more patience repeats it on `StoreUnavailable`.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self.on_retry: Callable[[str], object] = lambda call: None
        """Told of each call that failed and is tried again."""
        self._idle: LifoQueue[Client] = LifoQueue()
        self._settings = settings_of(target)
        self._finding = Lock()
        self._shards: list[Connections] | None = None
        self._hosts: list[Connections] | None = None

    def _begin(self, name: str, call: Callable[[Client], _Result]) -> tuple[Client, _Result]:
        """A connection and what the call on it gave; one that failed is tried again a few times."""
        attempts = stamina.retry_context(on=worth_another, attempts=_ATTEMPTS, **_WAITS)
        for attempt in attempts:
            with attempt:
                if attempt.num > 1:
                    self.on_retry(name)
                try:
                    client = self._idle.get_nowait()
                except Empty:
                    client = connect(self.target)
                with self._trusted(client):
                    return client, call(client)
        raise AssertionError("unreachable")

    @contextmanager
    def _trusted(self, client: Client) -> Iterator[None]:
        """A connection that failed in the middle of an exchange cannot be trusted with the next one."""
        try:
            with translated():
                yield
        except BaseException:
            client.disconnect()
            raise

    def _run(self, name: str, call: Callable[[Client], _Result]) -> _Result:
        client, result = self._begin(name, call)
        self._idle.put(client)
        return result

    def rows(
        self,
        name: str,
        params: Mapping[str, Any] | None = None,
        tables: Sequence[Mapping[str, Any]] = (),
    ) -> list[tuple[Any, ...]]:
        """Run a named query; `tables` are external tables as clickhouse-driver takes them.

        Raises:
            StoreUnavailable: the server is away or overloaded.
        """
        return self._rows(name, query(name), params, tables)

    def everywhere(self, name: str, params: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a named query once on every shard, on the tables named `X${local}` there; all their rows.

        Raises:
            StoreUnavailable: a server is away or overloaded; on some shards it may have been run.
        """
        text = Template(query(name)).substitute(local=self.target.layout.suffix)
        return [row for shard in self.shards() for row in shard._rows(name, text, params)]

    def _rows(
        self,
        name: str,
        text: str,
        params: Mapping[str, Any] | None,
        tables: Sequence[Mapping[str, Any]] = (),
    ) -> list[tuple[Any, ...]]:
        result = self._run(
            name, lambda client: client.execute(text, dict(params or {}), external_tables=list(tables) or None)
        )
        return result if isinstance(result, list) else []

    def records(
        self,
        name: str,
        params: Mapping[str, Any] | None = None,
        tables: Sequence[Mapping[str, Any]] = (),
    ) -> Iterator[dict[str, Any]]:
        """Like `rows`, each by column name, as they come in: any number of them fits in memory."""

        def begin(client: Client) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
            result = client.execute_iter(
                query(name), dict(params or {}), external_tables=list(tables) or None, with_column_types=True
            )
            return [column for column, _ in next(result)], result

        client, (names, result) = self._begin(name, begin)
        with self._trusted(client):
            for row in result:
                yield dict(zip(names, row, strict=True))
        self._idle.put(client)

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        values: Sequence[Sequence[Any]],
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Insert columnar `values` (one sequence per column), as one block; durable on return.

        Raises:
            StoreUnavailable: nothing may be assumed written; insert all of it again.
        """
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES"
        wanted = self._settings | dict(settings or {}) | _comment()
        self._run(
            f"insert_{table}",
            lambda client: client.execute(statement, list(values), columnar=True, settings=wanted),
        )

    def command(self, sql: str) -> None:
        """Run a statement of ours that is no named query.

        Raises:
            StoreUnavailable: the server is away or overloaded.
        """
        self._run("command", lambda client: client.execute(sql))

    def ping(self) -> str:
        """The server's version.

        Raises:
            StoreUnavailable: it does not answer.
        """
        ((version,),) = self._run("ping", lambda client: client.execute("SELECT version()"))
        return str(version)

    def statement(self, sql: str) -> tuple[list[tuple[Any, ...]], list[tuple[str, str]]]:
        """Run a person's own SELECT, read-only; return rows and (name, type) of the columns.

        Raises:
            InvalidInput: ClickHouse refuses it, with its own words.
        """
        settings = self._settings | {"readonly": 2}
        try:
            rows, columns = self._run(
                "statement", lambda client: client.execute(sql, settings=settings, with_column_types=True)
            )
        except ServerException as error:
            raise InvalidInput(f"ClickHouse: {first_line(error)}") from error
        return list(rows), list(columns)

    def shards(self) -> Sequence[Connections]:
        """One for each shard, to whichever of its replicas answers; without a cluster, just this.

        Raises:
            InvalidInput: the server knows no cluster of that name.
            StoreUnavailable: the server is away.
        """
        with self._finding:
            if self._shards is None:
                self._shards = [self._to(tuple(hosts)) for hosts in self._replicas()]
            return self._shards

    def hosts(self) -> Sequence[Connections]:
        """One for each server of the cluster; without one, just this.

        Raises:
            InvalidInput: the server knows no cluster of that name.
            StoreUnavailable: the server is away.
        """
        with self._finding:
            if self._hosts is None:
                self._hosts = [self._to((host,)) for hosts in self._replicas() for host in hosts]
            return self._hosts

    def without_database(self) -> Connections:
        """To the same server, as far as one gets before the database is there; close it."""
        return Connections(replace(self.target, database="", layout=Layout()))

    def told(self) -> Sequence[Connections]:
        """The hosts that are told of the schema: each, but of a replicated cluster one, which tells the others."""
        return (self,) if self.target.layout.replicated else self.hosts()

    def _to(self, hosts: tuple[tuple[str, int], ...]) -> Connections:
        if not self.target.layout.cluster:
            return self
        other = Connections(self.target.at(hosts))
        other.on_retry = lambda call: self.on_retry(call)
        return other

    def _replicas(self) -> list[list[tuple[str, int]]]:
        """By shard, (host, port) of its replicas."""
        cluster = self.target.layout.cluster
        if not cluster:
            return [[(self.target.host, self.target.port)]]
        with closing(self.without_database()) as bare:
            found = bare.rows("cluster_hosts", {"cluster": cluster})
        if not found:
            raise InvalidInput(f"{self.target.host}: knows no cluster {cluster} (system.clusters says which it knows)")
        return [hosts for (hosts,) in found]

    def close(self) -> None:
        """Close what is idle."""
        for other in {*(self._shards or ()), *(self._hosts or ())} - {self}:
            other.close()
        while True:
            try:
                self._idle.get_nowait().disconnect()
            except Empty:
                return
