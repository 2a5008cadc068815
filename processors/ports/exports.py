"""Everything in a program's books, as a file of any size."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import Protocol

from processors.programs.program import Visibility


class ExportFormat(StrEnum):
    CSV = "csv"
    TSV = "tsv"
    JSON = "json"
    """One object a line."""
    PARQUET = "parquet"


class Exports(Protocol):
    """What files come from. Programs that may not be seen are kept out by the query, as are hidden names."""

    def contributions(
        self, slug: str, visibilities: Collection[Visibility], output: ExportFormat
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The file, as it comes: may be read once, while the block lasts; leaving it early ends the query.

        It has no lines where the program is not of these visibilities; nobody who hides their name is in it.

        Raises:
            StoreUnavailable: ClickHouse does not answer, or refuses.
        """
        ...
