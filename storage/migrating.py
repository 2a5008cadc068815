"""Bringing a store's schema up to this version of wikitally: numbered scripts, each once, one process at a time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from importlib import resources
from typing import NamedTuple

from clickhouse_driver.errors import ServerException

from processors.errors import InvalidInput
from storage import locks
from storage.connection import Connections
from storage.driver import first_line
from storage.layouts import Statement, render
from storage.target import Target, quoted

OLDEST = (26, 7)
"""The oldest ClickHouse that the tests run on."""

_UNKNOWN_DATABASE, _UNKNOWN_TABLE = 81, 60
# As clickhouse-migrations has it, whose command reads it too.
_APPLIED = """
CREATE TABLE IF NOT EXISTS schema_versions
(
    version UInt32,
    md5 String,
    script String,
    created_at DateTime DEFAULT now()
)
ENGINE = MergeTree
ORDER BY tuple(created_at)
"""


class Migration(NamedTuple):
    """A numbered script, written for one server."""

    number: int
    name: str
    script: str

    @property
    def checksum(self) -> str:
        """MD5 of the script as it is written, whatever the layout; kept beside the number when it was applied."""
        return hashlib.md5(self.script.encode(), usedforsecurity=False).hexdigest()

    def rendered(self, target: Target) -> list[Statement]:
        """Its statements for the layout of `target`."""
        return render(self.script, target)


@cache
def migrations() -> tuple[Migration, ...]:
    """All that this version of wikitally knows, in order."""
    files = sorted(resources.files("storage").joinpath("migrations").iterdir(), key=lambda file: file.name)
    return tuple(
        Migration(int(file.name[:3]), file.name.removesuffix(".sql"), file.read_text(encoding="utf-8"))
        for file in files
        if file.name.endswith(".sql")
    )


def check_version(connections: Connections) -> str:
    """The server's version.

    Raises:
        InvalidInput: it is too old.
        StoreUnavailable: it does not answer.
    """
    with closing(connections.without_database()) as bare:
        version = bare.ping()
    if release(version) < OLDEST:
        raise InvalidInput(
            f"{connections.target.host}: ClickHouse {version} is too old; wikitally needs "
            f"{'.'.join(map(str, OLDEST))} or newer, which is the oldest that its tests run on"
        )
    return version


def release(version: str) -> tuple[int, ...]:
    """What tells which of two versions of ClickHouse is older: 26.7 of 26.7.3.1."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def pending(connections: Connections) -> list[Migration]:
    """What is still to be applied, on the host that lacks most.

    Raises:
        InvalidInput: the store is of a newer wikitally, or was made by other scripts.
        StoreUnavailable: a server is away.
    """
    applied = [_applied(host) for host in connections.told()]
    return [one for one in migrations() if not all(one.number in numbers for numbers in applied)]


def _applied(host: Connections) -> set[int]:
    try:
        applied = dict(host.rows("applied_migrations"))
    except ServerException as error:
        if error.code not in (_UNKNOWN_DATABASE, _UNKNOWN_TABLE):
            raise
        return set()
    known = {one.number: one for one in migrations()}
    if newer := applied.keys() - known.keys():
        raise InvalidInput(
            f"{host.target!r}: the store is of a newer wikitally (migration {max(newer)}; this one knows {max(known)})"
        )
    for number, checksum in applied.items():
        if known[number].checksum != checksum:
            raise InvalidInput(
                f"{host.target!r}: migration {known[number].name} was applied with another text "
                f"(checksum {checksum}, here {known[number].checksum}); is it a store of wikitally?"
            )
    return set(applied)


def migrate(connections: Connections) -> list[Migration]:
    """Apply what is pending; returns it.

    Raises:
        Conflict: another process has been at it for minutes.
        InvalidInput: the server is too old, or the store is not what its records say.
        StoreUnavailable: a server is away; call it again.
    """
    check_version(connections)
    if not pending(connections):
        return []
    _make_ready(connections)
    with locks.held(locks.Locks(connections), "migrate"):
        hosts = [(host, _applied(host)) for host in connections.told()]
        wanted = [one for one in migrations() if not all(one.number in numbers for _, numbers in hosts)]
        for one in wanted:
            _apply(one, [host for host, numbers in hosts if one.number not in numbers])
    return wanted


def _make_ready(connections: Connections) -> None:
    """The database, and in it the tables of locks and, on each host, of what was applied there."""
    target = connections.target
    for host in connections.told():
        with closing(host.without_database()) as bare:
            if not bare.rows("database_comment", {"name": target.database}):
                bare.command(f"CREATE DATABASE IF NOT EXISTS {quoted(target.database)}{target.layout.on_cluster}")
    for host in connections.told():
        applied = render(_APPLIED, target) if target.layout.replicated else [Statement(_APPLIED)]
        for statement in (*render(locks.TABLE, target), *applied):
            host.command(statement.text)


def _apply(one: Migration, hosts: Sequence[Connections]) -> None:
    """Statement by statement, each on every host before the next: what moves rows finds the tables of all."""
    for statement in one.rendered(hosts[0].target):
        for host in hosts[:1] if statement.once else hosts:
            try:
                host.command(statement.text)
            except ServerException as error:
                raise InvalidInput(f"{host.target!r}: refuses migration {one.name}: {first_line(error)}") from error
    for host in hosts:
        host.insert("schema_versions", ("version", "md5", "script"), [[one.number], [one.checksum], [one.script]])
