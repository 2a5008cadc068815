"""One request to an endpoint: to the very address that was checked, within limits on everything."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from api.webhooks.guard import Endpoint, Guard, TargetRefused

TOTAL_SECONDS = 15.0
"""From the question for the name to the status."""
CONNECT_SECONDS = 5.0
DNS_SECONDS = 3.0
BODY_SECONDS = 1.0
MOST_BYTES = 4096
"""Of an answer's body; none of it is kept."""
_LOOKUPS = 64


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request."""

    status: int
    """0: there was no answer."""
    error: str
    """A short, stable word that says nothing about our network; empty: it was taken (2xx)."""
    seconds: float
    retry_after: str | None = None
    """The header, as it came."""


class Sender:
    """Sends messages, each over a connection of its own. Belongs to one event loop; close it.

    Args:
        user_agent: who we are.
        tls: other than what the machine trusts.
    """

    def __init__(self, guard: Guard, *, user_agent: str, tls: ssl.SSLContext | None = None) -> None:
        self.guard = guard
        self._user_agent = user_agent
        self._tls = tls or ssl.create_default_context()
        # A name server that does not answer holds a thread: not one that others wait for.
        self._threads = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="webhook dns")

    async def check(self, url: str) -> None:
        """See to it that messages may be sent there, by where its name leads now.

        Raises:
            TargetRefused: they may not; or the name cannot be resolved.
        """
        endpoint = self.guard.check(url)
        try:
            await _Resolver(self, endpoint).resolve(endpoint.host, endpoint.port)
        except (OSError, TimeoutError):
            raise TargetRefused("dns", "the host's name cannot be resolved") from None

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST a message and tell what came of it; never raises."""
        started = perf_counter()
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                status, retry_after = await self._post(self.guard.check(url), headers, body)
        except Exception as error:
            return Answer(0, _word(error), perf_counter() - started)
        word = "" if 200 <= status < 300 else f"http_{status}"
        return Answer(status, word, perf_counter() - started, retry_after)

    async def _post(self, endpoint: Endpoint, headers: Mapping[str, str], body: bytes) -> tuple[int, str | None]:
        resolver = _Resolver(self, endpoint)
        connector = aiohttp.TCPConnector(
            resolver=resolver,
            socket_factory=resolver.open_socket,
            ssl=self._tls,
            use_dns_cache=False,
            force_close=True,
        )
        own = {"User-Agent": self._user_agent, "Accept-Encoding": "identity"}
        async with (
            aiohttp.ClientSession(
                connector=connector,
                trust_env=False,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=TOTAL_SECONDS, connect=CONNECT_SECONDS),
            ) as session,
            session.post(endpoint.url, data=body, headers={**headers, **own}, allow_redirects=False) as response,
        ):
            with suppress(Exception):
                async with asyncio.timeout(BODY_SECONDS):
                    await response.content.readexactly(MOST_BYTES)
            response.close()
            return response.status, response.headers.get("Retry-After")

    async def lookup(self, host: str, port: int) -> list[tuple[int, str]]:
        """(family, address) of a name.

        Raises:
            OSError: there is none.
            TimeoutError: nobody says so in time.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(DNS_SECONDS):
            found = await loop.run_in_executor(self._threads, _getaddrinfo, host, port)
        return list(dict.fromkeys(found))

    async def close(self) -> None:
        """Wait for nothing: what still looks a name up is left to itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class _Resolver(AbstractResolver):
    """Addresses for one request to one endpoint, checked; nothing else can be connected to."""

    def __init__(self, sender: Sender, endpoint: Endpoint) -> None:
        self._sender = sender
        self._endpoint = endpoint
        self._checked: set[str] = set()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All addresses of the name, if all of them may be connected to."""
        guard = self._sender.guard
        found = await self._sender.lookup(host, port)
        if not guard.named(host):
            for _, address in found:
                guard.check_address(address)
        self._checked = {address for _, address in found}
        numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=numeric)
            for kind, address in found
        ]

    def open_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """A socket to an address that was checked. Literal addresses come here without being resolved."""
        family, kind, proto, _, where = info
        address = str(where[0])
        if address not in self._checked and address != self._endpoint.host:
            raise TargetRefused("address", "the connection would go elsewhere")
        if address not in self._checked and not self._sender.guard.named(address):
            self._sender.guard.check_address(address)
        return socket.socket(family, kind, proto)

    async def close(self) -> None:
        return None


def _getaddrinfo(host: str, port: int) -> list[tuple[int, str]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(int(family), str(where[0])) for family, _, _, _, where in found]


def _word(error: Exception) -> str:
    match error:
        case TargetRefused():
            return "not_allowed"
        case TimeoutError():
            return "timeout"
        case aiohttp.ClientConnectorDNSError():
            return "dns"
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return "tls"
        case aiohttp.ClientConnectorError():
            return "refused"
        case aiohttp.ClientConnectionError() | OSError():
            return "broken_off"
        case aiohttp.ClientError() | ValueError():
            return "not_http"
    return "error"
