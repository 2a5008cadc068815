"""A few native connections to one ClickHouse server, and its errors in our words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from queue import Empty, LifoQueue
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from clickhouse_driver import Client
from clickhouse_driver.errors import Error, NetworkError, ServerException, SocketTimeoutError

from processors.errors import InvalidInput, StoreUnavailable

_SETTINGS = {
    "async_insert": 0,  # durable when the call returns
    "use_client_time_zone": 0,
    "max_query_size": 16 * 1024 * 1024,
}
_CONNECT_SECONDS = 5
_ANSWER_SECONDS = 120
# Codes of ClickHouse that a retry can mend: too many queries, memory, timeouts, shutting down, full disk.
_TRANSIENT_CODES = frozenset({159, 202, 203, 209, 210, 236, 241, 242, 243, 252, 319, 394, 425, 439, 745})


@dataclass(frozen=True, slots=True)
class Target:
    """A ClickHouse server and the database on it."""

    host: str
    port: int
    user: str
    password: str
    database: str = "wikitally"
    secure: bool = False

    @property
    def analytics(self) -> str:
        """The database of the views for analysts."""
        return "analytics" if self.database == "wikitally" else f"{self.database}_analytics"

    def __repr__(self) -> str:
        return f"clickhouse{'s' if self.secure else ''}://{self.user}@{self.host}:{self.port}/{self.database}"

    @classmethod
    def parse(cls, url: str) -> Target:
        """Read `clickhouse[s]://user:password@host[:port]/database`.

        Raises:
            InvalidInput: the URL is of another kind; its password is not repeated.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("clickhouse", "clickhouses") or not parts.hostname:
            raise InvalidInput(
                "WIKITALLY_CLICKHOUSE_URL: want clickhouse://user:password@host:9000/database "
                f"(clickhouses:// for TLS), not one that begins with {parts.scheme or 'nothing'}://"
            )
        if parse_qs(parts.query):
            raise InvalidInput("WIKITALLY_CLICKHOUSE_URL: options after ? are not supported")
        secure = parts.scheme == "clickhouses"
        return cls(
            host=parts.hostname,
            port=parts.port or (9440 if secure else 9000),
            user=unquote(parts.username or "default"),
            password=unquote(parts.password or ""),
            database=unquote(parts.path.strip("/")) or "wikitally",
            secure=secure,
        )


@cache
def query(name: str) -> str:
    """The text of `storage/queries/NAME.sql`."""
    return resources.files("storage").joinpath("queries", f"{name}.sql").read_text(encoding="utf-8")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ServerException as error:
        if error.code in _TRANSIENT_CODES:
            raise StoreUnavailable(_first_line(error)) from error
        raise
    except (NetworkError, SocketTimeoutError, EOFError, OSError) as error:
        raise StoreUnavailable(f"ClickHouse does not answer: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    text = error.message if isinstance(error, ServerException) else str(error)
    words, _, _ = text.strip().removeprefix("DB::Exception: ").partition("Stack trace:")
    return words.strip().splitlines()[0] if words.strip() else type(error).__name__


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
    """A pool of native connections; safe to share between threads. Nothing is opened before the first call."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._idle: LifoQueue[Client] = LifoQueue()

    @contextmanager
    def _client(self) -> Iterator[Client]:
        try:
            client = self._idle.get_nowait()
        except Empty:
            client = self._connect()
        try:
            with _translated():
                yield client
        except BaseException:
            # A connection that failed in the middle of an exchange cannot be trusted with the next one.
            client.disconnect()
            raise
        self._idle.put(client)

    def _connect(self) -> Client:
        target = self.target
        return Client(
            target.host,
            port=target.port,
            user=target.user,
            password=target.password,
            database=target.database,
            secure=target.secure,
            connect_timeout=_CONNECT_SECONDS,
            send_receive_timeout=_ANSWER_SECONDS,
            sync_request_timeout=_CONNECT_SECONDS,
            client_name="wikitally",
            settings=_SETTINGS,
        )

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
        with self._client() as client:
            result = client.execute(query(name), dict(params or {}), external_tables=list(tables) or None)
        return result if isinstance(result, list) else []

    def records(
        self,
        name: str,
        params: Mapping[str, Any] | None = None,
        tables: Sequence[Mapping[str, Any]] = (),
    ) -> Iterator[dict[str, Any]]:
        """Like `rows`, each by column name, as they come in: any number of them fits in memory."""
        with self._client() as client:
            result = client.execute_iter(
                query(name), dict(params or {}), external_tables=list(tables) or None, with_column_types=True
            )
            names = [column for column, _ in next(result)]
            for row in result:
                yield dict(zip(names, row, strict=True))

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
        with self._client() as client:
            client.execute(statement, list(values), columnar=True, settings={**_SETTINGS, **(settings or {})})

    def command(self, sql: str) -> None:
        """Run a statement of ours that is no named query.

        Raises:
            StoreUnavailable: the server is away or overloaded.
        """
        with self._client() as client:
            client.execute(sql)

    def ping(self) -> str:
        """The server's version.

        Raises:
            StoreUnavailable: it does not answer.
        """
        with self._client() as client:
            ((version,),) = client.execute("SELECT version()")
        return str(version)

    def statement(self, sql: str) -> tuple[list[tuple[Any, ...]], list[tuple[str, str]]]:
        """Run a person's own SELECT, read-only; return rows and (name, type) of the columns.

        Raises:
            InvalidInput: ClickHouse refuses it, with its own words.
        """
        with self._client() as client:
            try:
                rows, columns = client.execute(sql, settings={**_SETTINGS, "readonly": 2}, with_column_types=True)
            except ServerException as error:
                if error.code in _TRANSIENT_CODES:
                    raise
                raise InvalidInput(f"ClickHouse: {_first_line(error)}") from error
        return list(rows), list(columns)

    def close(self) -> None:
        """Close what is idle."""
        while True:
            try:
                self._idle.get_nowait().disconnect()
            except Empty:
                return


__all__ = ["Connections", "Error", "Target", "query"]
