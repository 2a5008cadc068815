"""Where webhooks may go: to public addresses, by https, and to what the operator has named. Nowhere else.

An address is what a connection is made to, not what a name says: it is checked when a subscription is made and once
more for each connection (`api.webhooks.sending`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from yarl import URL

from processors.errors import InvalidInput

MOST_CHARACTERS = 2048

# What is not for the public, wherever `ipaddress` may think so: IANA's registries of special addresses, and
# services that clouds have at public ones.
_IPV4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
            "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)  # fmt: skip
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Teredo and other protocols, documentation, 6to4 (it names an IPv4 address), the former 6bone, more documentation.
_IPV6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")))

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_INNER = (
    "localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan", "arpa", "test",
    "invalid", "example", "onion", "alt",
)  # fmt: skip
"""Last parts of names that mean nothing, or something of one's own, outside of a network."""


class TargetRefused(InvalidInput):
    """A target that webhooks may not go to.

    Args:
        rule: a short, stable word: `scheme`, `port`, `address`, `name`, `userinfo`, `own`, `form`, `dns`.
    """

    def __init__(self, rule: str, message: str) -> None:
        self.rule = rule
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A target that may be tried."""

    url: URL
    host: str
    port: int


class Guard:
    """The rules of one installation.

    Args:
        allowed: hosts, addresses and networks that may be gone to by http, at any port, and if they are not public.
        own: hosts that are this site: what is sent there could set off the next message.
    """

    def __init__(self, allowed: Iterable[str] = (), own: Iterable[str] = ()) -> None:
        self._own = {one.casefold() for one in own if one}
        self._names: set[str] = set()
        self._networks: list[IPv4Network | IPv6Network] = []
        for one in allowed:
            try:
                self._networks.append(ip_network(one))
            except ValueError:
                if "/" in one or ":" in one:
                    raise InvalidInput(f"{one}: want a host, an address or a network such as 10.1.2.0/24") from None
                self._names.add(one.casefold())

    def named(self, host: str) -> bool:
        """Whether the operator has named this host."""
        address = _literal(host)
        return host in self._names or (address is not None and self._in_networks(address))

    def check(self, url: str) -> Endpoint:
        """The endpoint of an address, as far as it can be told without resolving names.

        Raises:
            TargetRefused: the address breaks a rule.
        """
        if len(url) > MOST_CHARACTERS:
            raise TargetRefused("form", f"the address is longer than {MOST_CHARACTERS} characters")
        if not url.isascii() or not url.isprintable() or set(url) & set(' \\"<>^`{|}'):
            raise TargetRefused("form", "the address has characters that none may have; encode them")
        if "%00" in url or re.search(r"%(?![0-9a-fA-F]{2})", url):
            raise TargetRefused("form", "the address has characters that are encoded wrongly")
        try:
            parts, target = urlsplit(url), URL(url)
            host, port = (parts.hostname or ""), parts.port
            agreed = (target.raw_host or "") == host and target.explicit_port == port
        except ValueError:
            raise TargetRefused("form", "the address cannot be read") from None
        if not host or not agreed:
            raise TargetRefused("form", "the address names no host, or could be read in two ways")
        if "@" in parts.netloc:
            raise TargetRefused("userinfo", "the address must not carry a user or a password")
        if "#" in url:
            raise TargetRefused("form", "the address must not have a fragment")
        return self._checked(target, parts.scheme, host, port)

    def _checked(self, target: URL, scheme: str, host: str, port: int | None) -> Endpoint:
        if host in self._own:
            raise TargetRefused("own", "the address is this site's own")
        named = self.named(host)
        if scheme != "https" and not (scheme == "http" and named):
            raise TargetRefused("scheme", "the address must begin with https://")
        if port == 0 or (port not in (None, 443) and not named):
            raise TargetRefused("port", "the port must be 443")
        if not named:
            self._check_host(host)
        return Endpoint(target, host, port or (443 if scheme == "https" else 80))

    def _check_host(self, host: str) -> None:
        if _literal(host) is not None:
            self.check_address(host)
            return
        if not _NAME.fullmatch(host) or len(host) > 253:
            raise TargetRefused("name", "the host must be a full name, such as hooks.example.org")
        last = host.rpartition(".")[2]
        if _NUMBER.fullmatch(last):
            raise TargetRefused("address", "the host is a number that is no plain address")
        if last in _INNER:
            raise TargetRefused("name", "the host's name means something only inside of a network")

    def check_address(self, address: str) -> None:
        """See to it that an address may be connected to.

        Raises:
            TargetRefused: it may not.
        """
        found = _literal(address)
        if found is None or not (_public(found) or self._in_networks(found)):
            # Which address it is stays untold: names of inner networks are nobody's business.
            raise TargetRefused("address", "the host is at an address that is not public")

    def _in_networks(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._networks)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(host)
    except ValueError:
        return None
    return None if isinstance(found, IPv6Address) and found.scope_id else found


def _public(address: IPv4Address | IPv6Address) -> bool:
    if not address.is_global:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _IPV4)
    return address in _GLOBAL_UNICAST and not any(address in network for network in _IPV6)
