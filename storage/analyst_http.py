"""An account that only reads, over ClickHouse's HTTP interface: the embedded server's or a cluster's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

import aiohttp

from processors.errors import StoreUnavailable
from processors.ports.sql import SqlAnswer
from storage.http_target import HttpTarget

_CONNECT_SECONDS = 5
_LONGEST_SILENCE_SECONDS = 90
_CHUNK = 1 << 16
_FORWARDED = ("content-type", "content-encoding", "x-clickhouse-")
_ENDS_WITH_ITS_CLIENT = {"cancel_http_readonly_queries_on_client_close": "1"}


class AnalystHttp:
    """A `processors.ports.sql.SqlServer`. Belongs to one event loop; nothing is opened before the first call."""

    def __init__(self, target: HttpTarget) -> None:
        self._target = target
        self._session: aiohttp.ClientSession | None = None
        self._functions: frozenset[str] = frozenset()

    @property
    def database(self) -> str:
        return self._target.database

    async def functions(self) -> Collection[str]:
        """As `SqlServer.functions`; asked once."""
        if not self._functions:
            async with self.ask(
                "SELECT lower(name) FROM system.functions", {"default_format": "TabSeparatedRaw"}
            ) as answer:
                body = b"".join([chunk async for chunk in answer.body]).decode()
                if answer.status != 200:
                    raise StoreUnavailable(f"ClickHouse does not tell its functions: {body[:200]}")
            self._functions = frozenset(body.split())
        return self._functions

    @asynccontextmanager
    async def ask(
        self, text: str, parameters: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[SqlAnswer]:
        """As `SqlServer.ask`."""
        target = self._target
        account = {"X-ClickHouse-User": target.user, "X-ClickHouse-Key": target.password}
        try:
            async with self._opened().post(
                target.url,
                params={"database": target.database, **parameters, **_ENDS_WITH_ITS_CLIENT},
                data=text.encode(),
                headers={"Accept-Encoding": "identity", **(headers or {}), **account},
                allow_redirects=False,
            ) as response:
                forwarded = [(name, value) for name, value in response.headers.items() if _is_for_them(name)]
                yield SqlAnswer(response.status, forwarded, response.content.iter_chunked(_CHUNK))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise StoreUnavailable(f"ClickHouse does not answer: {type(error).__name__}") from error

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=_CONNECT_SECONDS, sock_read=_LONGEST_SILENCE_SECONDS
                ),
                connector=aiohttp.TCPConnector(limit=0, ssl=self._target.trust() or True),
                auto_decompress=False,
                skip_auto_headers=("Content-Type",),
            )
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _is_for_them(header: str) -> bool:
    return header.lower().startswith(_FORWARDED)
