"""Boards as JSON, CSV and wikitext: the same numbers in every form."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

from processors.ports import Board, Freshness, Metric, Standing, Totals
from processors.programs import Program

STANDING_FIELDS = (
    "rank", "user", "team", "edits", "bytes_added", "bytes_removed", "bytes_net", "bytes_absolute", "articles_created",
    "articles_edited", "last_edit_at",
)  # fmt: skip
METRIC_TITLES = {
    Metric.EDITS: "Edits",
    Metric.BYTES_ADDED: "Bytes added",
    Metric.BYTES_REMOVED: "Bytes removed",
    Metric.BYTES_NET: "Bytes net",
    Metric.BYTES_ABSOLUTE: "Bytes changed",
    Metric.ARTICLES_CREATED: "Articles created",
    Metric.ARTICLES_EDITED: "Articles edited",
}


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


def standing_json(standing: Standing) -> dict[str, Any]:
    """One line of a board."""
    values = {name: getattr(standing, name) for name in STANDING_FIELDS}
    return values | {"last_edit_at": instant(standing.last_edit_at)}


def totals_json(totals: Totals) -> dict[str, Any]:
    """A program's numbers as a whole."""
    return {
        "participants": totals.participants,
        "editors": totals.editors,
        "edits": totals.edits,
        "bytes_added": totals.bytes_added,
        "bytes_removed": totals.bytes_removed,
        "bytes_net": totals.bytes_added - totals.bytes_removed,
        "bytes_absolute": totals.bytes_added + totals.bytes_removed,
        "articles_created": totals.articles_created,
        "articles_edited": totals.articles_edited,
        "last_edit_at": instant(totals.last_edit_at),
    }


def board_json(board: Board) -> dict[str, Any]:
    """A leaderboard, ready for JSON."""
    return {
        "program": board.program.slug,
        "title": board.program.title,
        "metric": board.metric.value,
        **freshness_json(board.freshness),
        "totals": totals_json(board.totals),
        "standings": [standing_json(one) for one in board.standings],
    }


def board_csv(board: Board) -> str:
    """A leaderboard as CSV (RFC 4180, LF) that a spreadsheet opens without running anything."""
    out = io.StringIO()
    writer = csv.DictWriter(out, STANDING_FIELDS, lineterminator="\n")
    writer.writeheader()
    for standing in board.standings:
        line = standing_json(standing)
        writer.writerow(line | {"user": _inert(standing.user), "team": _inert(standing.team)})
    return out.getvalue()


def _inert(text: str) -> str:
    """Text that a spreadsheet would take for a formula, marked as text (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def board_wikitext(board: Board) -> str:
    """A leaderboard as a table for a wiki page."""
    teams = any(one.team for one in board.standings)
    heads = ["Rank", "User", *(["Team"] if teams else []), "Edits", "Bytes added", "Bytes net", "Created", "Edited"]
    lines = ['{| class="wikitable sortable"', f"|+ {_plain(board.program.title)}", "! " + " !! ".join(heads)]
    for one in board.standings:
        cells = [
            str(one.rank),
            f"[[User:{_plain(one.user)}|{_plain(one.user)}]]",
            *([_plain(one.team)] if teams else []),
            *(str(value) for value in (one.edits, one.bytes_added, one.bytes_net)),
            *(str(value) for value in (one.articles_created, one.articles_edited)),
        ]
        lines += ["|-", "| " + " || ".join(cells)]
    lines.append("|}")
    freshness = board.freshness
    missing = f"; {gaps(freshness.gaps)}" if freshness.gaps else ""
    lines.append(f"As of {instant(freshness.as_of)}{missing}." if freshness.as_of else "Nothing read yet.")
    return "\n".join(lines) + "\n"


_ENTITIES = str.maketrans({character: f"&#{ord(character)};" for character in "&<>[]{}|'=*#:;~_!\"\n"})


def _plain(text: str) -> str:
    """Text that wikitext does not read as markup."""
    return text.translate(_ENTITIES)
