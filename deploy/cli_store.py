"""Commands for a store as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy import copying
from deploy.cli_options import Data
from deploy.settings import Settings, load_settings


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


def _settings(data: Path | None) -> Settings:
    """A directory that is named on the command line is meant, whatever server the environment names."""
    settings = load_settings(data=data)
    return settings if data is None else settings.model_copy(update={"clickhouse_url": None})


def register(app: typer.Typer) -> None:
    """Add the commands to `wikitally`."""
    app.command()(copy)
