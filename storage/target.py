"""Which ClickHouse: `WIKITALLY_CLICKHOUSE_URL` taken apart."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote

from processors.errors import InvalidInput

Compression = Literal["none", "lz4", "zstd"]

_OPTIONS = ("compression", "ca", "cert", "key", "verify", "shards", "cluster")
_COMPRESSIONS: Mapping[str, Compression] = {"none": "none", "lz4": "lz4", "zstd": "zstd"}
# urlsplit knows one host; and some versions of it refuse brackets among several.
_URL = re.compile(
    r"(?P<scheme>clickhouses?)://(?:(?P<account>[^/?#]*)@)?(?P<places>[^/?#]*)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?"
)
_CLUSTER_NAME = re.compile(r"[\w.-]+")
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::(?P<port>\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Tls:
    """How a connection is secured. Files in PEM."""

    ca: Path | None = None
    """Who may have signed the server's certificate; None: whom the system trusts."""
    cert: Path | None = None
    key: Path | None = None
    """Our own certificate, where the server asks for one."""
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Layout:
    """How tables lie on the servers.

    Without a cluster: each on the one server. With one, `X` is a Distributed table over `X_local` of every shard.
    """

    cluster: str = ""
    """As in the servers' `remote_servers`."""
    replicated: bool = False
    """Tables are Replicated, and what makes them is sent ON CLUSTER; else each host is told by itself."""

    @property
    def suffix(self) -> str:
        """What a table's rows of one shard are called by, behind its name."""
        return "_local" if self.cluster else ""

    @property
    def on_cluster(self) -> str:
        """What is written behind the name of what one host makes on all; nothing where each is told by itself."""
        return f" ON CLUSTER {quoted(self.cluster)}" if self.replicated else ""


@dataclass(frozen=True, slots=True)
class Target:
    """A ClickHouse server, or several that hold the same, and the database on it."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str = "wikitally"
    secure: bool = False
    others: tuple[tuple[str, int], ...] = ()
    """More (host, port) to turn to, in this order, when the first does not answer."""
    compression: Compression = "none"
    tls: Tls = Tls()
    layout: Layout = Layout()

    @property
    def analytics(self) -> str:
        """The database of the views for analysts."""
        return "analytics" if self.database == "wikitally" else f"{self.database}_analytics"

    def at(self, hosts: tuple[tuple[str, int], ...]) -> Target:
        """The same on other hosts."""
        (host, port), *others = hosts
        return replace(self, host=host, port=port, others=tuple(others))

    def __repr__(self) -> str:
        hosts = ",".join(f"{host}:{port}" for host, port in ((self.host, self.port), *self.others))
        return f"clickhouse{'s' if self.secure else ''}://{self.user}@{hosts}/{self.database}"

    @classmethod
    def parse(cls, url: str) -> Target:
        """Read `clickhouse[s]://user:password@host[:port][,host[:port]…]/database?option=value&…`.

        Options: `compression` (none, lz4, zstd; without it lz4, but none to this machine); with `clickhouses://`
        `ca`, `cert`, `key` (files) and `verify=no`; `shards=NAME` or `cluster=NAME` (see `Layout`).

        Raises:
            InvalidInput: the URL is of another kind; its password is not repeated.
        """
        found = _URL.fullmatch(url)
        if found is None:
            scheme, colon, _ = url.partition("://")
            raise _refused(
                "want clickhouse://user:password@host:9000/database (clickhouses:// for TLS), "
                f"not one that begins with {scheme + colon if colon else 'neither'}"
            )
        secure = found["scheme"] == "clickhouses"
        user, _, password = (found["account"] or "").partition(":")
        (host, port), *others = (_place(place, 9440 if secure else 9000) for place in found["places"].split(","))
        options = _options(found["query"] or "")
        return cls(
            host=host,
            port=port,
            user=unquote(user) or "default",
            password=unquote(password),
            database=unquote(found["path"].strip("/")) or "wikitally",
            secure=secure,
            others=tuple(others),
            compression=_compression(options, host),
            tls=_tls(options, secure),
            layout=_layout(options),
        )


def _refused(why: str) -> InvalidInput:
    return InvalidInput(f"WIKITALLY_CLICKHOUSE_URL: {why}")


def _place(text: str, port: int) -> tuple[str, int]:
    found = _HOST.fullmatch(text)
    if found is None or not 0 < int(found["port"] or port) < 65536:
        raise _refused(f"{text or 'nothing'} is no host[:port]")
    return found["name"].strip("[]"), int(found["port"] or port)


def _options(query: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in _OPTIONS or name in options or not value:
            raise _refused(f"after ? come, each once and with a value, {', '.join(_OPTIONS)}; not {name}")
        options[name] = value
    return options


def _compression(options: Mapping[str, str], host: str) -> Compression:
    wanted = options.get("compression", "none" if _loopback(host) else "lz4")
    if wanted not in _COMPRESSIONS:
        raise _refused(f"compression is none, lz4 or zstd, not {wanted}")
    return _COMPRESSIONS[wanted]


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tls(options: Mapping[str, str], secure: bool) -> Tls:
    wanted = [name for name in ("ca", "cert", "key", "verify") if name in options]
    if wanted and not secure:
        raise _refused(f"{wanted[0]} is of TLS; write clickhouses://")
    if "key" in options and "cert" not in options:
        raise _refused("key wants its cert")
    if options.get("verify", "yes") not in ("yes", "no"):
        raise _refused(f"verify is yes or no, not {options['verify']}")
    files = {name: Path(options[name]) for name in ("ca", "cert", "key") if name in options}
    for name, file in files.items():
        if not file.is_file():
            raise _refused(f"{name}: there is no file {file}")
    return Tls(**files, verify=options.get("verify") != "no")


def _layout(options: Mapping[str, str]) -> Layout:
    if "shards" in options and "cluster" in options:
        raise _refused("shards (no replicas) or cluster (with Keeper and replicas), not both")
    name = options.get("shards") or options.get("cluster") or ""
    if name and not _CLUSTER_NAME.fullmatch(name):
        raise _refused(f"{name} is no name of a cluster")
    return Layout(name, replicated="cluster" in options)


def quoted(name: str) -> str:
    """A name as SQL wants it where it may be any."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def literal(value: str) -> str:
    """A text as SQL wants it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
