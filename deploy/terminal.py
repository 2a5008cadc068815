"""What people see in a terminal: boards, figures, results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from api.render import behind, gaps
from processors.ports import Board, Freshness, Standing

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def board_table(board: Board, *, rows: int | None = None) -> RenderableType:
    """A leaderboard as a table with its freshness below."""
    teams = any(standing.team for standing in board.standings)
    table = Table(title=board.program.title, title_justify="left", title_style="bold", header_style="bold")
    table.add_column("#", justify="right")
    table.add_column("user", overflow="fold")
    if teams:
        table.add_column("team", overflow="fold")
    for name in ("edits", "added", "net", "created", "edited"):
        table.add_column(name, justify="right")
    for one in board.standings[:rows]:
        table.add_row(*_cells(one, teams))
    below: list[RenderableType] = [table]
    if not board.standings:
        below.append(Text("No contributions yet.", style="dim"))
    hidden = len(board.standings) - (rows if rows is not None else len(board.standings))
    if hidden > 0:
        below.append(Text(f"and {hidden:,} more", style="dim"))
    totals = board.totals
    below.append(
        Text(
            f"{totals.editors:,} editors · {totals.edits:,} edits · {totals.bytes_added:+,} bytes · "
            f"{totals.articles_created:,} created · {totals.articles_edited:,} edited"
        )
    )
    below.append(Text(freshness_line(board.freshness), style="dim"))
    return Group(*below)


def _cells(one: Standing, teams: bool) -> list[str]:
    return [
        str(one.rank),
        one.user,
        *([one.team] if teams else []),
        f"{one.edits:,}",
        f"{one.bytes_added:,}",
        f"{one.bytes_net:,}",
        f"{one.articles_created:,}",
        f"{one.articles_edited:,}",
    ]


def freshness_line(freshness: Freshness) -> str:
    """As of when, how far behind, what is missing."""
    if freshness.as_of is None or freshness.lag_seconds is None:
        return "nothing read yet"
    return (
        f"as of {freshness.as_of:%Y-%m-%d %H:%M:%S} UTC · {behind(freshness.lag_seconds)} behind · "
        f"{gaps(freshness.gaps)}"
    )


def pairs(rows: Iterable[tuple[str, str]]) -> Table:
    """Names and values in two columns."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(justify="right")
    for name, value in rows:
        table.add_row(name, value)
    return table


def result_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """A query's result."""
    table = Table(header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    return table
