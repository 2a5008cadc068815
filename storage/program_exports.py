"""Files of what is in a program's books, for whoever may see it: ClickHouse writes them itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager

from processors.errors import StoreUnavailable
from processors.ports.exports import ExportFormat
from processors.ports.sql import SqlServer
from processors.programs.program import Visibility
from storage.connection import query
from storage.exports import escaped

EXPORT_FORMATS = {
    ExportFormat.CSV: "CSVWithNames",
    ExportFormat.TSV: "TSVWithNames",
    ExportFormat.JSON: "JSONEachRow",
    ExportFormat.PARQUET: "Parquet",
}
"""ClickHouse's words for them."""
_SECONDS = 60


class ClickHouseExports:
    """`processors.ports.exports.Exports`, over an account that reads the tables."""

    def __init__(self, server: SqlServer) -> None:
        self._server = server

    @asynccontextmanager
    async def contributions(
        self, slug: str, visibilities: Collection[Visibility], output: ExportFormat
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """As `Exports.contributions`."""
        parameters = {
            **escaped(contributions_of(slug, visibilities, names=False)),
            "default_format": EXPORT_FORMATS[output],
            "max_execution_time": str(_SECONDS),
            "readonly": "2",
        }
        async with self._server.ask(query("export_contributions"), parameters) as answer:
            if answer.status != 200:
                raise StoreUnavailable("ClickHouse refuses an export")
            yield answer.body


def contributions_of(slug: str, visibilities: Iterable[Visibility], *, names: bool) -> dict[str, str | int]:
    """Values for the query `export_contributions`.

    Args:
        names: whether those are in it who hide their names.
    """
    some = ",".join(f"'{one}'" for one in visibilities)
    return {"program": slug, "visibilities": f"[{some}]", "names": int(names)}
