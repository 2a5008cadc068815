"""Backups of a store, and stores out of backups: of the embedded server in a directory, of others where they can."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path

from rich.status import Status

from deploy.cli.terminal import err, freshness_line, out
from deploy.clock import now
from deploy.opening import any_store
from deploy.settings import Settings
from processors.errors import InvalidInput
from storage.backups import Backups, Manifest, Place
from storage.backups_directory import BackupDirectory, NewDirectory
from storage.clickhouse import ClickHouseStore
from storage.copying_streams import said_plainly
from storage.embedded import EmbeddedServer
from storage.embedded_config import BACKUPS, backups_of
from storage.target import Target

VERSION = version("wikitally")


def backup(settings: Settings, destination: str, base: str | None, place: Place | None) -> None:
    """Back the store up; whoever runs on it goes on.

    Args:
        destination, base: directories; with `place`, paths there.

    Raises:
        InvalidInput: there is something already, or the place is not known.
        StoreUnavailable: the store went away, or could not write.
    """
    _check(settings, place)
    with said_plainly(), any_store(settings) as opened, err.status("Backing up ...") as status:
        backups = Backups(
            opened.store.connections,
            place or Place("Disk", BACKUPS),
            lambda part: status.update(f"Backing up {part} ..."),
        )
        with backups.alone():
            if place is not None:
                manifest = backups.make(destination, VERSION, base=backups.base(base) if base else None)
                size = ""
            else:
                manifest, bytes_written = _into_directory(settings, backups, Path(destination), base)
                size = f", {bytes_written / 1e6:,.1f} MB"
        out.print(f"{destination}: all until {_time(manifest)}{size}.", markup=False, soft_wrap=True)


def _into_directory(settings: Settings, backups: Backups, directory: Path, base: str | None) -> tuple[Manifest, int]:
    below = BackupDirectory(Path(base)) if base else None
    new = NewDirectory(directory, below)
    ident = f"{now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    with _staging(settings.data) as staging:
        if below is not None:
            below.bring_metadata(staging)
        manifest = backups.make(
            ident,
            VERSION,
            base=below.as_base() if below else None,
            taken=lambda part: new.take(staging, ident, part),
        )
    new.finish(manifest)
    return manifest, new.size


def restore(settings: Settings, source: str, place: Place | None) -> None:
    """Make a store out of a backup. There must be none yet, or an empty one.

    Raises:
        InvalidInput: it is not so, there is no such backup, it is damaged, or a newer wikitally made it.
        StoreUnavailable: the server went away; repeat it.
    """
    _check(settings, place)
    with said_plainly(), err.status("Restoring ...") as status:
        if settings.clickhouse_url is not None:
            store = ClickHouseStore(Target.parse(settings.clickhouse_url.get_secret_value()))
            assert place is not None
            with closing(store):
                manifest = _out_of(store, place, source, status)
                _report(store, manifest)
            return
        directory = None if place else BackupDirectory(Path(source))
        if directory is not None:
            status.update("Reading the checksums ...")
            for one in directory.chain():
                one.check()
        with EmbeddedServer(settings.data) as server, _staging(settings.data) as staging:
            store = ClickHouseStore(Target.parse(server.start().url))
            with closing(store):
                manifest = _out_of(store, place or Place("Disk", BACKUPS), source, status, directory, staging)
                _report(store, manifest)


def _out_of(
    store: ClickHouseStore,
    place: Place,
    source: str,
    status: Status,
    directory: BackupDirectory | None = None,
    staging: Path = Path(),
) -> Manifest:
    last: list[str] = []

    def brought(part: str) -> None:
        if directory is not None:
            for done in last:
                directory.send_back(staging, done)
            last[:] = [part]
            directory.bring(staging, part)

    backups = Backups(store.connections, place, lambda part: status.update(f"Restoring {part} ..."))
    manifest = backups.restore(directory.contents.id if directory else source, brought=brought)
    store.migrate()
    status.update("Adding up ...")
    _add_up(store)
    return manifest


def _add_up(store: ClickHouseStore) -> None:
    """Standings were read before what they sum up; what the books say already, reading on does not add up again."""
    version = store.newest_version() + 1
    books = [(program, user, wiki) for program, user, wiki in store.connections.rows("backup_standings")]
    store.refresh_standings(books, version)


def _report(store: ClickHouseStore, manifest: Manifest) -> None:
    freshness = store.freshness(now)
    for line in (
        f"Restored: all until {_time(manifest)}, when wikitally {manifest.wikitally} made the backup.",
        f"The stream: {freshness_line(freshness)}.",
        "`wikitally run` reads on from there; EventStreams keeps 7 days.",
        "Not in it, and to be done again where it was done since:",
        "  - what was decided about programs: look at `wikitally programs list`;",
        "  - `wikitally forget` of whoever was forgotten. What wikis hid comes again by the stream.",
    ):
        out.print(line, markup=False, soft_wrap=True)


def _check(settings: Settings, place: Place | None) -> None:
    if settings.clickhouse_url is not None and place is None:
        raise InvalidInput(
            "a server writes backups only where its configuration allows: say --disk NAME or --s3 COLLECTION of it"
        )


@contextmanager
def _staging(data: Path) -> Iterator[Path]:
    """Where the embedded server and we can both write; empty before and after."""
    staging = backups_of(data.absolute())
    _clear(staging)
    staging.mkdir(parents=True, exist_ok=True)
    try:
        yield staging
    finally:
        _clear(staging)


def _clear(staging: Path) -> None:
    for one in staging.glob("*"):
        shutil.rmtree(one, ignore_errors=True)


def _time(manifest: Manifest) -> str:
    return f"{manifest.began_at:%Y-%m-%d %H:%M:%S} UTC"
