"""Boards as JSON, CSV and wikitext: the same numbers in every form."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from processors.numbers.numbers import By, Goal, Metric, Standing, Totals
from processors.ports.boards import Board, CampaignBoard, Freshness
from processors.programs.program import Program

NUMBERS = (
    "edits", "bytes_added", "bytes_removed", "bytes_net", "bytes_absolute", "articles_created", "articles_edited",
    "uploads", "reverted", "wikidata_actions", "pages_proofread", "pages_validated", "points",
)  # fmt: skip
"""The numbers that a standing and totals have, in the order of answers."""
SUBJECTS = {
    By.USER: ("user", "hidden", "team"),
    By.TEAM: ("team", "editors"),
    By.WIKI: ("wiki", "editors"),
    By.ARTICLE: ("wiki", "title", "editors"),
    By.ARTICLE_USER: ("wiki", "title", "user", "hidden", "team"),
}
"""What says whose line it is."""
METRIC_TITLES = {
    Metric.EDITS: "Edits",
    Metric.BYTES_ADDED: "Bytes added",
    Metric.BYTES_REMOVED: "Bytes removed",
    Metric.BYTES_NET: "Bytes net",
    Metric.BYTES_ABSOLUTE: "Bytes changed",
    Metric.ARTICLES_CREATED: "Articles created",
    Metric.ARTICLES_EDITED: "Articles edited",
    Metric.UPLOADS: "Uploads",
    Metric.REVERTED: "Reverted",
    Metric.WIKIDATA_ACTIONS: "Wikidata actions",
    Metric.PAGES_PROOFREAD: "Pages proofread",
    Metric.PAGES_VALIDATED: "Pages validated",
    Metric.POINTS: "Points",
}
GOAL_TITLES = {str(metric): title for metric, title in METRIC_TITLES.items()} | {
    "editors": "Editors",
    "new_editors": "New editors",
}
_SUBJECT_TITLES = {
    By.USER: "User",
    By.TEAM: "Team",
    By.WIKI: "Wiki",
    By.ARTICLE: "Article",
    By.ARTICLE_USER: "Article and user",
}
_BASIC = (
    Metric.EDITS, Metric.BYTES_ADDED, Metric.BYTES_NET, Metric.ARTICLES_CREATED, Metric.ARTICLES_EDITED,
)  # fmt: skip
AnyBoard = Board | CampaignBoard


def instant(at: datetime | None) -> str | None:
    """RFC 3339 in UTC; milliseconds only where there are some."""
    if at is None:
        return None
    spec = "milliseconds" if at.microsecond else "seconds"
    return at.astimezone(UTC).isoformat(timespec=spec).replace("+00:00", "Z")


def freshness_json(freshness: Freshness) -> dict[str, Any]:
    """What stands beside every answer."""
    lag = freshness.lag_seconds
    return {
        "as_of": instant(freshness.as_of),
        "lag_seconds": None if lag is None else round(lag, 3),
        "gaps": freshness.gaps,
    }


def freshness_headers(freshness: Freshness) -> dict[str, str]:
    """What stands beside answers that have no room for it; absent before the first event, but for the gaps."""
    values = freshness_json(freshness)
    names = {"as_of": "Wikitally-As-Of", "lag_seconds": "Wikitally-Lag-Seconds", "gaps": "Wikitally-Gaps"}
    return {name: str(values[key]) for key, name in names.items() if values[key] is not None}


def clock(freshness: Freshness) -> str:
    """The watermark for people, in UTC; with its date once that says something."""
    if freshness.as_of is None:
        return ""
    spec = "%H:%M:%S" if (freshness.lag_seconds or 0) < 86_400 else "%Y-%m-%d %H:%M:%S"
    return freshness.as_of.astimezone(UTC).strftime(spec)


def behind(seconds: float) -> str:
    """A lag in the unit that people would use."""
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}"
    return f"{seconds:.1f} s"


def gaps(number: int) -> str:
    """What is known to be missing, in words."""
    return f"{number} {'gap' if number == 1 else 'gaps'}: some edits are missing" if number else "no gaps"


def program_json(program: Program) -> dict[str, Any]:
    """A program as lists show it."""
    return {
        "slug": program.slug,
        "title": program.title,
        "sessions": [
            {"start": instant(one.start), "end": instant(one.end), "title": one.title} for one in program.sessions
        ],
        "wikis": list(program.wikis),
        "open": program.open,
        "participants": len(program.participants),
    }


def standing_json(standing: Standing, by: By = By.USER) -> dict[str, Any]:
    """One line of a board."""
    return {
        "rank": standing.rank,
        **{name: getattr(standing, name) for name in SUBJECTS[by]},
        **{name: getattr(standing, name) for name in NUMBERS},
        "last_edit_at": instant(standing.last_edit_at),
    }


def totals_json(totals: Totals) -> dict[str, Any]:
    """Numbers as a whole."""
    return {
        "participants": totals.participants,
        "editors": totals.editors,
        "new_editors": totals.new_editors,
        "temporary_editors": totals.temporary_editors,
        **{name: getattr(totals, name) for name in NUMBERS},
        "last_edit_at": instant(totals.last_edit_at),
    }


def goal_json(goal: Goal) -> dict[str, Any]:
    """A goal and how far it is."""
    return {"metric": goal.metric, "target": goal.target, "reached": goal.reached, "share": round(goal.share, 4)}


def board_json(board: Board) -> dict[str, Any]:
    """A leaderboard, ready for JSON."""
    return {
        "program": board.program.slug,
        "title": board.program.title,
        "metric": board.metric.value,
        "by": board.by.value,
        **freshness_json(board.freshness),
        "totals": totals_json(board.totals),
        "goals": [goal_json(one) for one in board.goals],
        "standings": [standing_json(one, board.by) for one in board.standings],
        "quiet": list(board.quiet),
    }


def board_csv(board: AnyBoard) -> str:
    """A leaderboard as CSV (RFC 4180, LF) that a spreadsheet opens without running anything."""
    columns = ("rank", *SUBJECTS[board.by], *NUMBERS, "last_edit_at")
    return rows_csv(columns, (standing_json(one, board.by) for one in board.standings))


def rows_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as CSV; text that a spreadsheet would run is marked as text."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _inert(value) if isinstance(value, str) else value for name, value in row.items()})
    return out.getvalue()


def _inert(text: str) -> str:
    """Text that a spreadsheet would take for a formula, marked as text (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def board_wikitext(board: AnyBoard) -> str:
    """A leaderboard as a table for a wiki page."""
    title = board.program.title if isinstance(board, Board) else board.campaign.slug
    teams = board.by is By.USER and any(one.team for one in board.standings)
    metrics = _BASIC if board.metric in _BASIC else (board.metric, *_BASIC)
    heads = [
        "Rank",
        _SUBJECT_TITLES[board.by],
        *(["Team"] if teams else []),
        *(_SHORT.get(one, METRIC_TITLES[one]) for one in metrics),
    ]
    lines = ['{| class="wikitable sortable"', f"|+ {_plain(title)}", "! " + " !! ".join(heads)]
    for one in board.standings:
        cells = [
            str(one.rank),
            _subject(one, board.by),
            *([_plain(one.team)] if teams else []),
            *(str(getattr(one, metric.value)) for metric in metrics),
        ]
        lines += ["|-", "| " + " || ".join(cells)]
    lines.append("|}")
    freshness = board.freshness
    missing = f"; {gaps(freshness.gaps)}" if freshness.gaps else ""
    lines.append(f"As of {instant(freshness.as_of)}{missing}." if freshness.as_of else "Nothing read yet.")
    return "\n".join(lines) + "\n"


_SHORT = {Metric.ARTICLES_CREATED: "Created", Metric.ARTICLES_EDITED: "Edited"}


def _subject(one: Standing, by: By) -> str:
    match by:
        case By.USER if not one.hidden:
            return f"[[User:{_plain(one.user)}|{_plain(one.user)}]]"
        case By.ARTICLE:
            return f"{_plain(one.title)} ({_plain(one.wiki)})"
        case By.ARTICLE_USER if not one.hidden:
            return f"{_plain(one.title)} ({_plain(one.wiki)}): [[User:{_plain(one.user)}|{_plain(one.user)}]]"
    return _plain(subject(one, by))


def subject(one: Standing, by: By) -> str:
    """Whose line it is, in a few words."""
    match by:
        case By.USER:
            return one.user
        case By.TEAM:
            return one.team or "no team"
        case By.WIKI:
            return one.wiki
        case By.ARTICLE:
            return f"{one.title} ({one.wiki})"
        case By.ARTICLE_USER:
            return f"{one.title} ({one.wiki}): {one.user}"


_ENTITIES = str.maketrans({character: f"&#{ord(character)};" for character in "&<>[]{}|'=*#:;~_!\"\n"})


def _plain(text: str) -> str:
    """Text that wikitext does not read as markup."""
    return text.translate(_ENTITIES)
