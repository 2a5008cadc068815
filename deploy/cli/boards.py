"""Commands that show numbers: leaderboard, statistics, results."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy.cli import board_printing as printing
from deploy.cli.board_printing import BoardFormat, TableFormat
from deploy.cli.options import AsJson, Data, Slug
from deploy.settings import load_settings
from processors.numbers.numbers import By, Division, Metric

_AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="TIME", help="As it was known then, by the program as it was: 2026-11-08T17:00."),
]
_Session = Annotated[
    str | None, typer.Option(metavar="SESSION", help="Only one session: its number from 1 on, or its title.")
]
_LastMinutes = Annotated[
    int | None,
    typer.Option("--last-minutes", min=1, metavar="N", help="Only N minutes before what has been read, or --as-of."),
]
_Names = Annotated[bool, typer.Option("--names", help="Show the names of those who hide them.")]


def leaderboard(
    program: Annotated[str, typer.Argument(help="Slug of the program, or of a campaign.")],
    metric: Annotated[Metric, typer.Option(help="What to rank by.")] = Metric.BYTES_ADDED,
    output: Annotated[BoardFormat, typer.Option("--format", help="How to print it.")] = BoardFormat.TABLE,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many.")] = None,
    by: Annotated[By, typer.Option(help="What a line stands for.")] = By.USER,
    as_of: _AsOf = None,
    session: _Session = None,
    last_minutes: _LastMinutes = None,
    campaign: Annotated[bool, typer.Option("--campaign", help="Of all programs of a campaign.")] = False,
    names: _Names = False,
    data: Data = None,
) -> None:
    """Print the leaderboard of a program, or of a campaign."""
    printing.leaderboard(
        load_settings(data=data),
        program,
        metric,
        output,
        limit,
        as_of=as_of,
        session=session,
        last_minutes=last_minutes,
        by=by,
        campaign=campaign,
        names=names,
    )


def statistics(
    program: Slug,
    by: Annotated[Division, typer.Option(help="What the numbers are broken down by.")] = Division.WIKI,
    output: Annotated[TableFormat, typer.Option("--format", help="How to print it.")] = TableFormat.TABLE,
    as_of: _AsOf = None,
    session: _Session = None,
    last_minutes: _LastMinutes = None,
    data: Data = None,
) -> None:
    """Print a program's numbers by wiki, namespace, day, hour, session, team and so on."""
    printing.statistics(
        load_settings(data=data), program, by, output, as_of=as_of, session=session, last_minutes=last_minutes
    )


def results(
    program: Slug,
    name: Annotated[str | None, typer.Argument(help="Name of a result: it is shown beside the live numbers.")] = None,
    names: _Names = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """List the frozen results of a program, or show one and what has changed since."""
    printing.results(load_settings(data=data), program, name, names=names, as_json=as_json)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (leaderboard, statistics, results):
        app.command()(command)
