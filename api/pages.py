"""The HTML pages, rendered from the same values as the JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from api.alert_render import feed_json
from api.render import GOAL_TITLES, METRIC_TITLES, behind, clock, gaps, instant
from processors.numbers.numbers import Metric
from processors.ports.alerts import Feed
from processors.ports.boards import Board, Freshness
from processors.programs.program import Program
from processors.why.rule_words import amount

ROWS = 100
"""Lines of the page's table."""
ALERTS = 20
"""Lines of the page's list of alerts."""


_COLUMNS = {
    Metric.EDITS: "Edits",
    Metric.BYTES_ADDED: "Added",
    Metric.BYTES_NET: "Net",
    Metric.BYTES_REMOVED: "Removed",
    Metric.BYTES_ABSOLUTE: "Changed",
    Metric.ARTICLES_CREATED: "Created",
    Metric.ARTICLES_EDITED: "Edited",
    Metric.UPLOADS: "Uploads",
    Metric.REVERTED: "Reverted",
    Metric.WIKIDATA_ACTIONS: "Wikidata",
    Metric.PAGES_PROOFREAD: "Proofread",
    Metric.PAGES_VALIDATED: "Validated",
    Metric.POINTS: "Points",
}
_ALWAYS = (
    Metric.EDITS, Metric.BYTES_ADDED, Metric.BYTES_NET, Metric.ARTICLES_CREATED, Metric.ARTICLES_EDITED,
)  # fmt: skip
_ALWAYS_OFFERED = (*_ALWAYS, Metric.BYTES_REMOVED, Metric.BYTES_ABSOLUTE)
_ON_SMALL_SCREENS = (Metric.EDITS, Metric.BYTES_ADDED)


class Pages:
    """Renders pages; templates are compiled once."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=PackageLoader("api"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["number"] = amount
        self._templates.filters |= {"instant": instant, "clock": clock, "behind": behind, "gaps": gaps}

    def index(self, programs: Sequence[Program], freshness: Freshness) -> str:
        """The list of public programs."""
        rows = [(program, _when(program)) for program in programs]
        return self._templates.get_template("index.html").render(programs=rows, freshness=freshness)

    def board(self, board: Board, results: Sequence[str] = (), alerts: Feed | None = None) -> str:
        """A program's leaderboard; it follows by itself where scripts run. `results`: names of frozen ones."""
        return self._templates.get_template("board.html").render(
            program=board.program,
            board=board,
            standings=board.standings[:ROWS],
            metrics=[(metric.value, METRIC_TITLES[metric]) for metric in _offered(board)],
            when=_when(board.program),
            columns=[
                (name.value, title, "ranked" if name is board.metric else "" if name in _ON_SMALL_SCREENS else "wide")
                for name, title in _COLUMNS.items()
                if name is board.metric or name in _ALWAYS
            ],
            goals=[(GOAL_TITLES[one.metric], one) for one in board.goals],
            results=results,
            alerts=feed_json(alerts) if alerts else None,
            most_alerts=ALERTS,
            counted=counted,
            told=told,
            teams=any(one.team for one in board.program.participants),
        )


def counted(feed: Mapping[str, Any]) -> str:
    """How many alerts there are of each kind, and how many are left out, as `board.js` says it too."""
    parts = [f"{kind.replace('_', ' ')} {number}" for kind, number in feed["counts"].items()]
    parts += [f"{word} {feed[word]}" for word in ("acknowledged", "muted") if feed[word]]
    return " · ".join(parts)


def told(alert: Mapping[str, Any]) -> str:
    """When an alert last changed, where, and what more is known, as `board.js` says it too."""
    at = alert["changed_at"].replace("T", " ").removesuffix("Z")[:16]
    detail = alert["steps"][-1]["detail"]
    users = ", ".join(alert["users"]) if alert["title"] else ""
    return " · ".join(part for part in (f"{at} UTC", alert["wiki"], users, detail) if part)


def _offered(board: Board) -> list[Metric]:
    """What the board can be ranked by: of special numbers those of which there are any."""
    return [
        metric
        for metric in Metric
        if metric in _ALWAYS_OFFERED or metric is board.metric or getattr(board.totals, metric.value)
    ]


def _when(program: Program) -> str:
    """From when to when, in the program's own time zone."""
    zone = ZoneInfo(program.timezone)
    start, end = program.start.astimezone(zone), program.end.astimezone(zone)
    last = f"{end:%H:%M}" if end.date() == start.date() else _moment(end)
    return f"{_moment(start)}–{last} {program.timezone}"


def _moment(at: datetime) -> str:
    return f"{at.day} {at:%B %Y, %H:%M}"
