"""Commands for a store as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli import backing_up, copying
from deploy.cli.options import Data
from deploy.settings import Settings, load_settings
from processors.errors import InvalidInput
from storage.backups import Place

Disk = Annotated[
    str | None, typer.Option("--disk", metavar="NAME", help="A disk of the server's configuration, instead.")
]
S3 = Annotated[
    str | None, typer.Option("--s3", metavar="COLLECTION", help="A named collection of the server for S3, instead.")
]


def copy(
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="URL",
            envvar="WIKITALLY_COPY_TO",
            help="Where to: clickhouse://user:password@host:9000/database. Default: the directory --data.",
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="URL",
            envvar="WIKITALLY_COPY_FROM",
            help="From where, like --to. Default: the store of --data or WIKITALLY_CLICKHOUSE_URL.",
        ),
    ] = None,
    data: Data = None,
) -> None:
    """Copy the whole store to another server, or back. Broken off or repeated, it copies what differs.

    Exit code 1 when both are not equal afterwards. See docs/operations/copy.md.
    """
    if not copying.copy(_settings(data), source, to):
        raise typer.Exit(1)


def backup(
    destination: Annotated[
        str, typer.Argument(metavar="DEST", help="A new directory; with --disk or --s3, a path there.")
    ],
    base: Annotated[
        str | None, typer.Option("--base", metavar="BACKUP", help="An earlier one: only what is new since is written.")
    ] = None,
    disk: Disk = None,
    s3: S3 = None,
    data: Data = None,
) -> None:
    """Back the whole store up, beside whoever runs on it. See docs/operations/backup.md."""
    backing_up.backup(_settings(data), destination, base, _place(disk, s3))


def restore(
    source: Annotated[str, typer.Argument(metavar="BACKUP", help="As given to `wikitally backup`.")],
    disk: Disk = None,
    s3: S3 = None,
    data: Data = None,
) -> None:
    """Make a store out of a backup, where there is none yet or an empty one. See docs/operations/backup.md."""
    backing_up.restore(_settings(data), source, _place(disk, s3))


def _place(disk: str | None, s3: str | None) -> Place | None:
    if disk and s3:
        raise InvalidInput("--disk or --s3, one of the two")
    if disk:
        return Place("Disk", disk)
    return Place("S3", s3) if s3 else None


def _settings(data: Path | None) -> Settings:
    """A directory that is named on the command line is meant, whatever server the environment names."""
    settings = load_settings(data=data)
    return settings if data is None else settings.model_copy(update={"clickhouse_url": None})


def register(app: typer.Typer) -> None:
    """Add the commands to `wikitally`."""
    for command in (backup, copy, restore):
        app.command()(command)
