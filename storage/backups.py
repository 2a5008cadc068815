"""Backups by ClickHouse's own BACKUP and RESTORE, table by table in an order that makes one state of them.

A backup is a folder of backups, one for each table. Each is a snapshot; the order of the tables (`in_order`) makes
of them what a crash might have left: whatever is newer than what it was derived from is read and judged again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from clickhouse_driver.errors import ServerException

from processors.errors import InvalidInput, StoreUnavailable
from storage.connection import Connections
from storage.copying import LEASE_SECONDS, PATIENCE
from storage.copying_tables import NOT_DATA, in_order
from storage.driver import first_line
from storage.fact_rows import aware
from storage.locks import Locks, held
from storage.migrating import migrations, release
from storage.target import literal, quoted

MANIFEST = "backups"
VIEWS = "views"
"""The part of a backup that holds the definitions of views."""
_ASK_SECONDS = 0.05
_CODE = re.compile(r"Code: (\d+)")
_BY_INPUT = frozenset({36, 598, 599, 600, 601, 605, 668, 669})
"""Codes of ClickHouse that say: no such place, no such backup, there is one already, no such named collection."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server writes backups: a disk of its configuration, or S3 by one of its named collections."""

    kind: Literal["Disk", "S3"]
    name: str

    def sql(self, path: str) -> str:
        """A path there, as BACKUP wants it."""
        name = literal(self.name) if self.kind == "Disk" else quoted(self.name)
        return f"{self.kind}({name}, {literal(path)})"


@dataclass(frozen=True, slots=True)
class Base:
    """An earlier backup: what is in it is not written again."""

    id: str
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup tells of itself."""

    id: str
    base: str
    """Id of the backup that it adds to; empty: none."""
    began_at: datetime
    """What happened until then is in it."""
    wikitally: str
    clickhouse: str
    migration: int
    tables: tuple[str, ...]


@dataclass(slots=True)
class Backups:
    """Backups of a database on one server."""

    connections: Connections
    place: Place
    on_part: Callable[[str], object] = field(default=lambda part: None)
    """Told which part comes next."""

    def __post_init__(self) -> None:
        if self.connections.target.layout.cluster:
            raise InvalidInput(
                "a cluster is backed up by its own means, or by `wikitally copy` into a directory: "
                "see docs/operations/backup.md"
            )

    def alone(self, patience: float = PATIENCE) -> AbstractContextManager[None]:
        """Nobody else makes one meanwhile.

        Raises:
            Conflict: somebody does.
        """
        return held(Locks(self.connections), "backup", seconds=LEASE_SECONDS, patience=patience)

    def base(self, ident: str) -> Base:
        """An earlier backup of this store.

        Raises:
            InvalidInput: there is none of that id.
        """
        rows = self.connections.rows("backup_made", {"id": ident})
        if not rows:
            raise InvalidInput(f"{ident}: no backup of that name was made of this store")
        return Base(ident, tuple(rows[0][0]))

    def make(
        self,
        ident: str,
        wikitally: str,
        *,
        base: Base | None = None,
        taken: Callable[[str], object] = lambda part: None,
    ) -> Manifest:
        """Back up, holding `alone`; whoever runs on the store goes on meanwhile.

        Args:
            taken: called with each part that is written.

        Raises:
            InvalidInput: the server does not know the place or may not write there.
            StoreUnavailable: it went away, or could not write.
        """
        connections = self.connections
        names = dict(connections.rows("backup_names"))
        tables = [name for name in in_order(list(names)) if names[name] and name != MANIFEST]
        views = [name for name in names if not names[name]]
        parts = {name: [name] for name in tables} | ({VIEWS: views} if views else {})
        ((began_at,),) = connections.rows("backup_now")
        for part, members in parts.items():
            self._back_up(ident, part, members, base)
            taken(part)
        params = {"id": ident, "base": base.id if base else "", "began_at": began_at, "wikitally": wikitally}
        connections.rows("backup_insert", {**params, "tables": list(parts)})
        self._back_up(ident, MANIFEST, [MANIFEST], None)
        taken(MANIFEST)
        return _manifest(connections)

    def _back_up(self, ident: str, part: str, members: list[str], base: Base | None) -> None:
        self.on_part(part)
        database = quoted(self.connections.target.database)
        what = ", ".join(f"TABLE {database}.{quoted(name)}" for name in members)
        settings = (
            f" SETTINGS base_backup = {self.place.sql(f'{base.id}/{part}')}" if base and part in base.tables else ""
        )
        self._run(self.connections, f"BACKUP {what} TO {self.place.sql(f'{ident}/{part}')}{settings} ASYNC")

    def restore(self, ident: str, *, brought: Callable[[str], object] = lambda part: None) -> Manifest:
        """Restore into a database that is empty or not there. Broken off, it is repeated from the start; until it is
        done, the database is as it was.

        Args:
            brought: called with each part before it is read.

        Raises:
            InvalidInput: the database is not empty, there is no such backup, or a newer wikitally or server made it.
            StoreUnavailable: the server went away.
        """
        database = self.connections.target.database
        half = f"{database}_restoring"
        with closing(self.connections.without_database()) as bare:
            self._check_empty(bare)
            bare.command(f"DROP DATABASE IF EXISTS {quoted(half)} SYNC")
            bare.command(f"CREATE DATABASE {quoted(half)}")
            self._restore(bare, ident, MANIFEST, [MANIFEST], half, brought)
            with closing(self._at(half)) as restored:
                manifest = _manifest(restored)
            _check_versions(manifest, bare.ping())
            tables = [name for name in manifest.tables if name != VIEWS]
            for name in tables:
                self._restore(bare, ident, name, [name], half, brought)
            bare.command(f"DROP DATABASE IF EXISTS {quoted(self.connections.target.analytics)} SYNC")
            bare.command(f"DROP DATABASE IF EXISTS {quoted(database)} SYNC")
            bare.command(f"CREATE DATABASE {quoted(database)}")
            moved = (f"{quoted(half)}.{quoted(one)} TO {quoted(database)}.{quoted(one)}" for one in (*tables, MANIFEST))
            bare.command(f"RENAME TABLE {', '.join(moved)}")
            bare.command(f"DROP DATABASE {quoted(half)} SYNC")
            if VIEWS in manifest.tables:
                self._restore(bare, ident, VIEWS, [], database, brought)
        return manifest

    def _at(self, database: str) -> Connections:
        return Connections(replace(self.connections.target, database=database))

    def _check_empty(self, bare: Connections) -> None:
        database = self.connections.target.database
        if occupied := bare.rows("backup_occupied", {"database": database, "but": tuple(NOT_DATA)}):
            raise InvalidInput(
                f"{database}: a backup is restored into an empty store, and there are rows in "
                f"{', '.join(name for (name,) in occupied)}; name another with --data, or another database"
            )

    def _restore(
        self, bare: Connections, ident: str, part: str, members: list[str], into: str, brought: Callable[[str], object]
    ) -> None:
        self.on_part(part)
        brought(part)
        database = self.connections.target.database
        what = ", ".join(
            f"TABLE {quoted(database)}.{quoted(name)} AS {quoted(into)}.{quoted(name)}" for name in members
        )
        # Who holds a lock is not for those who come after.
        settings = " SETTINGS structure_only = 1" if part == "locks" else ""
        self._run(bare, f"RESTORE {what or 'ALL'} FROM {self.place.sql(f'{ident}/{part}')}{settings} ASYNC")

    def _run(self, connections: Connections, sql: str) -> None:
        try:
            ((ident, _),) = connections._run("backup", lambda client: client.execute(sql))
        except ServerException as error:
            raise _failed(first_line(error), error.code) from error
        while True:
            rows = connections.rows("backup_state", {"id": ident})
            if not rows:
                raise StoreUnavailable("ClickHouse has been restarted meanwhile; do it again")
            ((state, why),) = rows
            if state in ("BACKUP_CREATED", "RESTORED"):
                return
            if state in ("BACKUP_FAILED", "RESTORE_FAILED", "BACKUP_CANCELLED", "RESTORE_CANCELLED"):
                code = _CODE.search(why)
                raise _failed(why, int(code[1]) if code else 0)
            time.sleep(_ASK_SECONDS)


def _manifest(connections: Connections) -> Manifest:
    ((ident, base, began_at, wikitally, clickhouse, migration, tables),) = connections.rows("backup_manifest")
    return Manifest(ident, base, aware(began_at), wikitally, clickhouse, migration, tuple(tables))


def _check_versions(manifest: Manifest, server: str) -> None:
    known = migrations()[-1].number
    if manifest.migration > known:
        raise InvalidInput(
            f"the backup is of wikitally {manifest.wikitally} (migration {manifest.migration}), "
            f"which is newer than this one (migration {known})"
        )
    if release(manifest.clickhouse) > release(server):
        raise InvalidInput(f"the backup is of ClickHouse {manifest.clickhouse}, this one is {server}: an older one")


def _failed(error: str, code: int) -> Exception:
    words = _CODE.sub("", error.partition("Stack trace:")[0]).replace("DB::Exception:", "").strip(" .\n")
    return (InvalidInput if code in _BY_INPUT else StoreUnavailable)(f"ClickHouse: {words}")
