"""The server that SQL of others is for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SqlAnswer:
    """ClickHouse's answer over HTTP, as it comes in."""

    status: int
    headers: Sequence[tuple[str, str]]
    """Those that are meant for whoever asked."""
    body: AsyncIterator[bytes]
    """May be read once, while the block of `ask` lasts."""


class SqlServer(Protocol):
    """ClickHouse's HTTP interface, as the account that can only read what is for reading."""

    @property
    def database(self) -> str:
        """The one that is for reading, and the one that names without a database are in."""
        ...

    async def functions(self) -> Collection[str]:
        """The names of all functions that the server has, in small letters.

        Raises:
            StoreUnavailable: it does not answer.
        """
        ...

    def ask(
        self, text: str, parameters: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> AbstractAsyncContextManager[SqlAnswer]:
        """Send a statement; leaving the block before the end of the body ends the query.

        Args:
            parameters: of the URL: settings, `param_…`, `default_format`.

        Raises:
            StoreUnavailable: it does not answer.
        """
        ...
