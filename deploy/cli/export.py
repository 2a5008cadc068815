"""The command that exports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli import exporting
from deploy.cli.options import Data
from deploy.settings import load_settings
from processors.ports.exports import ExportFormat


def export(
    program: Annotated[str | None, typer.Argument(help="Slug of a program: everything in its books.")] = None,
    table: Annotated[
        str | None, typer.Option(metavar="NAME", help="A view instead: contributions, edits, leaderboard, activity, …")
    ] = None,
    output: Annotated[ExportFormat, typer.Option("--format", help="What to write; json: a line a row.")] = (
        ExportFormat.CSV
    ),
    file: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Where to. Default: standard output.")
    ] = None,
    names: Annotated[
        bool, typer.Option("--names", help="With the contributions of those who hide their names.")
    ] = False,
    data: Data = None,
) -> None:
    """Export a program's contributions, or a view, as Parquet, CSV, TSV or JSON."""
    exporting.export(load_settings(data=data), program, table, output, file, names=names)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(export)
