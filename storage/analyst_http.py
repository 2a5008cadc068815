"""An account that only reads, over ClickHouse's HTTP interface: the embedded server's or a cluster's."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import aiohttp

from processors.errors import InvalidInput, StoreUnavailable
from processors.ports.sql import SqlAnswer
from storage.target import Target, Tls

_CONNECT_SECONDS = 5
_LONGEST_SILENCE_SECONDS = 90
_CHUNK = 1 << 16
_FORWARDED = ("content-type", "content-encoding", "x-clickhouse-")
_ENDS_WITH_ITS_CLIENT = {"cancel_http_readonly_queries_on_client_close": "1"}


@dataclass(frozen=True, slots=True)
class HttpTarget:
    """A server's HTTP port, the account, and the database that it reads."""

    url: str
    """Without the account: `http://127.0.0.1:8123/`."""
    user: str
    password: str = field(repr=False)
    database: str = "analytics"
    tls: Tls = field(default_factory=Tls)
    """Where the URL says https."""

    @classmethod
    def beside(cls, target: Target, port: int | None = None) -> HttpTarget:
        """The same account and database as over the native port; by default on 8123, with TLS 8443."""
        host = f"[{target.host}]" if ":" in target.host else target.host
        scheme, usual = ("https", 8443) if target.secure else ("http", 8123)
        return cls(f"{scheme}://{host}:{port or usual}/", target.user, target.password, target.database, target.tls)

    @classmethod
    def parse(cls, url: str) -> HttpTarget:
        """Read `http[s]://user:password@host[:port]/database`.

        Raises:
            InvalidInput: the URL is of another kind; its password is not repeated.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or not parts.username or parts.query:
            raise InvalidInput(
                "WIKITALLY_SQL_URL: want http://user:password@host:8123/analytics (https:// for TLS), "
                "with the account that roles.sql makes"
            )
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return cls(
            url=f"{parts.scheme}://{host}:{parts.port or (8443 if parts.scheme == 'https' else 8123)}/",
            user=unquote(parts.username),
            password=unquote(parts.password or ""),
            database=unquote(parts.path.strip("/")) or "analytics",
        )


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
                connector=aiohttp.TCPConnector(limit=0, ssl=_trust(self._target)),
                auto_decompress=False,
                skip_auto_headers=("Content-Type",),
            )
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _trust(target: HttpTarget) -> ssl.SSLContext | bool:
    if not target.url.startswith("https:"):
        return True
    tls = target.tls
    context = ssl.create_default_context(cafile=tls.ca)
    if tls.cert is not None:
        context.load_cert_chain(tls.cert, tls.key)
    if not tls.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _is_for_them(header: str) -> bool:
    return header.lower().startswith(_FORWARDED)
