"""What people see in a terminal: figures, results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.render import behind, gaps
from processors.ports.boards import Freshness

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


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
        table.add_row(*(Text("" if value is None else str(value)) for value in row))
    return table
