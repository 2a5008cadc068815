"""One side of a copy: what its tables hold, bucket by bucket, and their rows as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from string import Template
from typing import Any, NamedTuple

from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException

from processors.errors import InvalidInput
from storage.connection import Connections, query
from storage.copying_tables import Table
from storage.driver import first_line

Rows = Iterator[tuple[Any, ...]]


@contextmanager
def said_plainly() -> Iterator[None]:
    """What a server refuses (a password, a right, a statement) as `InvalidInput`, in its own words."""
    try:
        yield
    except ServerException as error:
        raise InvalidInput(f"ClickHouse: {first_line(error)}") from error


class Fingerprint(NamedTuple):
    """What a bucket holds."""

    rows: int
    hash: int


class Streams(Connections):
    """Connections that move any number of rows in bounded memory."""

    def identity(self) -> str:
        """What tells this store from every other, for as long as it lives."""
        ((identity,),) = self.hosts()[0].rows("copy_identity")
        return str(identity)

    def fingerprints(self, table: Table) -> dict[str, Fingerprint]:
        """Of each bucket that has rows."""
        text = _text("copy_fingerprints", table, table.name)
        rows = self._run("copy_fingerprints", lambda client: client.execute(text))
        return {bucket: Fingerprint(count, total) for bucket, count, total in rows}

    def read(self, table: Table, buckets: Sequence[str], on_rows: Callable[[int], object]) -> Rows:
        """The rows of some buckets. `on_rows` is told how many there were, and less than none if they did not last.

        Raises:
            StoreUnavailable: the server went away; begin again.
        """
        text = _text("copy_rows", table, table.name)

        def begin(client: Client) -> Iterator[list[tuple[Any, ...]]]:
            chunks: Iterator[list[tuple[Any, ...]]] = client.execute_iter(
                text, {"buckets": tuple(buckets)}, chunk_size=table.rows_at_once, settings={"strings_as_bytes": True}
            )
            return chunks

        client, chunks = self._begin("copy_rows", begin)
        done = 0
        try:
            with self._trusted(client):
                for chunk in chunks:
                    rows = list(chunk)
                    yield from rows
                    done += len(rows)
                    on_rows(len(rows))
        except BaseException:
            on_rows(-done)
            raise
        self._idle.put(client)

    def write(self, table: Table, rows: Callable[[], Rows]) -> None:
        """Insert what `rows` gives, as it comes; durable on return.

        Args:
            rows: called again if the insert has to be.

        Raises:
            StoreUnavailable: some of it may be written; do it again.
        """
        statement = f"INSERT INTO {table.name} ({', '.join(column.name for column in table.columns)}) VALUES"
        settings = {"strings_as_bytes": True, "insert_block_size": table.rows_at_once}
        self._run("copy_insert", lambda client: client.execute(statement, rows(), settings=settings))

    def delete(self, table: Table, buckets: Sequence[str]) -> None:
        """Take out some buckets."""
        if buckets:
            text = _text("copy_delete", table, f"{table.name}{self.target.layout.suffix}")
            for shard in self.shards():
                shard._rows("copy_delete", text, {"buckets": tuple(buckets)})


def _text(name: str, table: Table, place: str) -> str:
    names: Mapping[str, object] = {
        "table": place,
        "bucket": table.bucket,
        "compared": ", ".join(column.compared for column in table.columns),
        "read": ", ".join(column.read for column in table.columns),
        "rows_at_once": table.rows_at_once,
    }
    return Template(query(name)).substitute(names)
