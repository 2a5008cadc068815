"""Boards, statistics and frozen results as people see them in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from api.render import GOAL_TITLES, METRIC_TITLES, subject
from api.statistics_render import changed_numbers, who_differs
from deploy.cli.terminal import freshness_line
from processors.numbers.numbers import By, Metric, Standing, Totals
from processors.ports.boards import Board, CampaignBoard, Comparison, Freshness, Result, Statistics
from processors.why.rule_words import amount

_HEADS = {
    Metric.EDITS: "edits",
    Metric.BYTES_ADDED: "added",
    Metric.BYTES_NET: "net",
    Metric.ARTICLES_CREATED: "created",
    Metric.ARTICLES_EDITED: "edited",
}
_SPECIAL = (
    Metric.UPLOADS, Metric.WIKIDATA_ACTIONS, Metric.PAGES_PROOFREAD, Metric.PAGES_VALIDATED, Metric.REVERTED,
    Metric.POINTS,
)  # fmt: skip


def board_table(board: Board | CampaignBoard, *, rows: int | None = None) -> RenderableType:
    """A leaderboard as a table with its goals and its freshness below."""
    teams = board.by is By.USER and any(standing.team for standing in board.standings)
    title = board.program.title if isinstance(board, Board) else f"Campaign {board.campaign.slug}"
    metrics = _columns(board.metric, board.totals)
    table = _table(title)
    table.add_column("#", justify="right")
    table.add_column(str(board.by).replace("_", ": "), overflow="fold")
    if teams:
        table.add_column("team", overflow="fold")
    for metric in metrics:
        table.add_column(_head(metric), justify="right")
    for one in board.standings[:rows]:
        table.add_row(
            str(one.rank), Text(subject(one, board.by)), *([Text(one.team)] if teams else []), *_numbers(one, metrics)
        )
    below: list[RenderableType] = [table]
    if not board.standings:
        below.append(Text("No contributions yet.", style="dim"))
    hidden = len(board.standings) - (rows if rows is not None else len(board.standings))
    if hidden > 0:
        below.append(Text(f"and {hidden:,} more", style="dim"))
    below.append(totals_line(board.totals))
    if isinstance(board, Board):
        below += [
            Text(f"goal: {GOAL_TITLES[one.metric]} {amount(one.reached)} of {amount(one.target)} ({one.share:.0%})")
            for one in board.goals
        ]
        below += [Text(f"· {sentence}", style="dim") for sentence in board.quiet]
    return Group(*below, Text(freshness_line(board.freshness), style="dim"))


def statistics_table(statistics: Statistics) -> RenderableType:
    """A program's numbers in parts."""
    metrics = _columns(Metric.EDITS, statistics.totals)
    table = _table(f"{statistics.program.title} by {str(statistics.by).replace('_', ' ')}")
    table.add_column(str(statistics.by).replace("_", " "), overflow="fold")
    for head in ("editors", "new", *map(_head, metrics)):
        table.add_column(head, justify="right")
    for part in statistics.parts:
        numbers = part.numbers
        table.add_row(
            Text(part.title or "none"),
            amount(numbers.editors),
            amount(numbers.new_editors),
            *_numbers(numbers, metrics),
        )
    below = [totals_line(statistics.totals), Text(freshness_line(statistics.freshness), style="dim")]
    return Group(table, *below)


def results_table(slug: str, results: Sequence[Result], freshness: Freshness) -> RenderableType:
    """The frozen results of a program."""
    if not results:
        return Text(f"{slug} has no frozen results; `wikitally programs freeze {slug} NAME` makes one.")
    table = _table(f"Frozen results of {slug}")
    for head in ("name", "as of (UTC)", "editors", "edits", "digest"):
        table.add_column(head, overflow="fold")
    for one in results:
        table.add_row(
            Text(one.name),
            f"{one.as_of:%Y-%m-%d %H:%M:%S}",
            amount(one.totals.editors),
            amount(one.totals.edits),
            one.digest[:16] + ("" if one.intact else " DOES NOT MATCH"),
        )
    return Group(table, Text(freshness_line(freshness), style="dim"))


def comparison_table(comparison: Comparison) -> RenderableType:
    """A frozen result, and what is other now."""
    result = comparison.result
    metrics = _columns(result.metric, result.totals)
    table = _table(f"{result.program}: {result.name}, as of {result.as_of:%Y-%m-%d %H:%M:%S} UTC")
    table.add_column("#", justify="right")
    table.add_column("user", overflow="fold")
    for metric in metrics:
        table.add_column(_head(metric), justify="right")
    for one in result.standings:
        table.add_row(str(one.rank), Text(one.user), *_numbers(one, metrics))
    below: list[RenderableType] = [table, totals_line(result.totals)]
    if comparison.differences:
        below.append(Text("Since then:"))
    for difference in comparison.differences:
        changes = ", ".join(
            f"{METRIC_TITLES[Metric(name)].lower()} {amount(then)} → {amount(now)}"
            for name, (then, now) in changed_numbers(difference).items()
        )
        below.append(Text(f"  {who_differs(difference)}: {changes or 'the time of the last edit'}"))
    if not comparison.differences:
        below.append(Text("Nothing has changed since."))
    seal = "matches what is stored" if result.intact else "DOES NOT MATCH what is stored"
    below.append(Text(f"SHA-256 {result.digest} {seal}", style="dim"))
    return Group(*below, Text(freshness_line(comparison.freshness), style="dim"))


def totals_line(totals: Totals) -> Text:
    """The numbers as a whole, in a line."""
    new = f" ({totals.new_editors:,} new)" if totals.new_editors else ""
    parts = [
        f"{totals.editors:,} editors{new}",
        f"{totals.edits:,} edits",
        f"{totals.bytes_added:+,} bytes",
        f"{totals.articles_created:,} created",
        f"{totals.articles_edited:,} edited",
        *(
            f"{amount(getattr(totals, metric.value))} {METRIC_TITLES[metric].lower()}"
            for metric in _SPECIAL
            if getattr(totals, metric.value)
        ),
    ]
    return Text(" · ".join(parts))


def _table(title: str) -> Table:
    return Table(title=Text(title), title_justify="left", title_style="bold", header_style="bold")


def _columns(metric: Metric, totals: Totals) -> list[Metric]:
    """The usual numbers, what is ranked by, and special ones of which there are any."""
    special = [one for one in _SPECIAL if getattr(totals, one.value) and one is not metric]
    return [*([] if metric in _HEADS else [metric]), *_HEADS, *special]


def _head(metric: Metric) -> str:
    return _HEADS.get(metric, METRIC_TITLES[metric].lower())


def _numbers(one: Standing | Totals, metrics: Sequence[Metric]) -> list[str]:
    return [amount(getattr(one, metric.value)) for metric in metrics]
