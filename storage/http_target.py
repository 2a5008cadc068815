"""Where ClickHouse's HTTP interface is, and who asks there."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from processors.errors import InvalidInput
from storage.target import Target, Tls

_PORTS = {"http": 8123, "https": 8443}


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
        url = _url("https" if target.secure else "http", target.host, port)
        return cls(url, target.user, target.password, target.database, target.tls)

    @classmethod
    def parse(cls, url: str) -> HttpTarget:
        """Read `http[s]://user:password@host[:port]/database`.

        Raises:
            InvalidInput: the URL is of another kind; its password is not repeated.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname or not parts.username or parts.query:
            raise InvalidInput(
                "WIKITALLY_SQL_URL: want http://user:password@host:8123/analytics (https:// for TLS), "
                "with the account that roles.sql makes"
            )
        return cls(
            url=_url(parts.scheme, parts.hostname, parts.port),
            user=unquote(parts.username),
            password=unquote(parts.password or ""),
            database=unquote(parts.path.strip("/")) or "analytics",
        )

    @property
    def place(self) -> str:
        """`host:port`."""
        return urlsplit(self.url).netloc

    def trust(self) -> ssl.SSLContext | None:
        """Whom to trust as that server, and our own certificate; None: it is asked without TLS."""
        if not self.url.startswith("https:"):
            return None
        context = ssl.create_default_context(cafile=self.tls.ca)
        if self.tls.cert is not None:
            context.load_cert_chain(self.tls.cert, self.tls.key)
        if not self.tls.verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context


def _url(scheme: str, host: str, port: int | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}:{port or _PORTS[scheme]}/"
