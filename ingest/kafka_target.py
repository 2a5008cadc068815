"""Where Kafka is and how one gets in: one address, what kafka-python makes of it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from processors.errors import InvalidInput

_WANT = "want kafka[s]://[user:password@]host[:port][,host[:port]…]"
_PARAMETERS = frozenset({"ca", "cert", "key", "mechanism"})
_MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")
_PORT = 9092


@dataclass(frozen=True, slots=True)
class KafkaTarget:
    """Addresses of brokers, and how to get in."""

    servers: tuple[str, ...]
    """`host:port`."""
    tls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    mechanism: str = _MECHANISMS[0]
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    @classmethod
    def parse(cls, url: str) -> KafkaTarget:
        """The target of `kafka[s]://[user:password@]host[:port],…?ca=FILE&cert=FILE&key=FILE&mechanism=NAME`.

        Raises:
            InvalidInput: it is no such address; the message does not repeat it, since passwords stand in it.
        """
        try:
            parts = urlsplit(url)
            given = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        except ValueError:
            raise _invalid(_WANT) from None
        login, at, hosts = parts.netloc.rpartition("@")
        user, _, password = login.partition(":")
        servers = tuple(_server(host) for host in hosts.split(","))
        if parts.scheme not in ("kafka", "kafkas") or parts.path.strip("/") or parts.fragment or (at and not user):
            raise _invalid(_WANT)
        if unknown := sorted(given.keys() - _PARAMETERS):
            raise _invalid(f"unknown parameter {unknown[0]}; there are {', '.join(sorted(_PARAMETERS))}")
        tls = parts.scheme == "kafkas"
        files = {name: Path(given[name]) for name in ("ca", "cert", "key") if name in given}
        if files and not tls:
            raise _invalid("ca, cert and key are for kafkas://")
        for name, path in files.items():
            if not path.is_file():
                raise _invalid(f"{name}: there is no file {path}")
        mechanism = given.get("mechanism", _MECHANISMS[0])
        if mechanism not in _MECHANISMS:
            raise _invalid(f"mechanism: want one of {', '.join(_MECHANISMS)}")
        return cls(servers, tls, unquote(user), unquote(password), mechanism, **files)

    @property
    def shown(self) -> str:
        """For people: without what is secret."""
        return f"kafka{'s' if self.tls else ''}://{','.join(self.servers)}"

    def client_configs(self) -> Mapping[str, Any]:
        """What every client of kafka-python is made with."""
        configs: dict[str, Any] = {"bootstrap_servers": list(self.servers)}
        configs["security_protocol"] = ("SASL_" if self.user else "") + ("SSL" if self.tls else "PLAINTEXT")
        if self.tls:
            configs["ssl_context"] = self._context()
        if self.user:
            configs |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return configs

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.cert is not None:
                context.load_cert_chain(self.cert, self.key)
        except (OSError, ssl.SSLError) as error:
            raise _invalid(f"ca, cert or key cannot be used: {error}") from error
        return context


def _server(text: str) -> str:
    """`host:port`; an IPv6 address stands in brackets."""
    host, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not colon:
        host, port = text, str(_PORT)
    plain = host.removeprefix("[").removesuffix("]")
    good = plain and not set(plain) & set("/?#[]@ ") and (":" not in plain or host.startswith("["))
    if not good or not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise _invalid(_WANT)
    return f"{host}:{port}"


def _invalid(why: str) -> InvalidInput:
    return InvalidInput(f"WIKITALLY_KAFKA_URL: {why}")
