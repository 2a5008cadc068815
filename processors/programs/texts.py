"""Lists of people as organisers have them: pasted from a wiki page, typed, or saved from a spreadsheet."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from processors.errors import InvalidInput, Problem
from processors.facts.wikis import nearest
from processors.programs.names import UTC, read_time, read_user


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody on a list."""

    user: str
    """Canonical name."""
    team: str = ""
    since: datetime | None = None
    """None: from the first session on."""


@dataclass(frozen=True, slots=True)
class Roster:
    """What a list says, each user once and in its order; and every line that says nothing."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...] = ()


_COLUMNS = {
    "user": "user", "username": "user", "user name": "user", "name": "user",
    "team": "team", "group": "team",
    "joined": "since", "since": "since",
}  # fmt: skip
_LEAD = re.compile(
    r"\s*(?:[*#:;]+(?=[\s\[@]|[^\W\d][\w ]*:)|[-–—•]+(?=[\s\[@]))\s*"  # a bullet
    r"|[\W\d]*(?=\[\[)"  # whatever, before a link
)
_LINK = re.compile(r"\[\[([^\[\]|]+)(?:\|[^\[\]]*)?\]\]")
# `-- Ada (talk) 14:02, 8 November 2026 (UTC)`, `8 novembre 2026 à 14:02 (CET)`.
_SIGNATURE = re.compile(
    r"\s*(?:(?:--|[–—]).*?)?(?:\([^()]*\)\s*)?(?:\d{1,2}[:.]\d\d|\d{1,2}\.? \w+\.? \d{4})\D.*\([A-Z]{2,5}\)\s*$"
)


def parse_roster(text: str, timezone: ZoneInfo = UTC) -> Roster:
    """Read a list of users: one a line, as CSV (user, team, joined; by comma, semicolon or tab), or from a wiki page.

    Args:
        timezone: of times without offset.
    """
    lines = [
        (number, _SIGNATURE.sub("", _LEAD.sub("", line, count=1)).strip(" "))
        for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1)
    ]
    lines = [(number, line) for number, line in lines if line.strip()]
    if not lines:
        return Roster(())
    delimiter = _delimiter([line for _, line in lines])
    problems: list[Problem] = []
    columns = _header(lines[0][1], delimiter) if len(lines) > 1 else None
    if columns:
        number, header = lines.pop(0)
        problems += [Problem(f"line {number}", message) for message in _header_problems(header, delimiter)]
    entries: dict[str, tuple[int, Entry]] = {}
    for number, line in lines:
        try:
            entry = _entry(line, delimiter, columns or ["user", "team", "since"], timezone)
            first = entries.get(entry.user)
            entries[entry.user] = (number, entry) if first is None else (first[0], _both(*first, entry))
        except InvalidInput as error:
            problems.append(Problem(f"line {number}", str(error)))
    return Roster(tuple(entry for _, entry in entries.values()), tuple(problems))


def _delimiter(lines: Sequence[str]) -> str:
    bare = [_LINK.sub("", line) for line in lines]
    return next((one for one in "\t;" if any(one in line for line in bare)), ",")


def _header(line: str, delimiter: str) -> list[str] | None:
    """What each column holds, "" for one that is nothing to us; None: the line is no header."""
    try:
        columns = [_COLUMNS.get(cell.casefold(), "") for cell in _cells(line, delimiter)]
    except InvalidInput:
        return None
    return columns if "user" in columns else None


def _header_problems(line: str, delimiter: str) -> Iterator[str]:
    said: list[str] = []
    for cell in _cells(line, delimiter):
        column = _COLUMNS.get(cell.casefold())
        if column is None and (close := nearest(cell.casefold(), _COLUMNS)):
            yield f"there is no column {cell!r}; did you mean {close}?"
        elif column in said:
            yield f"{cell!r} is a second column of the same kind"
        said += [column] if column else []


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))]
    except csv.Error as error:
        raise InvalidInput(str(error)) from error


def _entry(line: str, delimiter: str, columns: Sequence[str], timezone: ZoneInfo) -> Entry:
    link = _LINK.match(line)
    if link:
        # What stands behind a link is for people, unless it is another column.
        rest = line[link.end() :].lstrip(" ")
        cells = ["", *_cells(rest[1:], delimiter)] if rest.startswith(delimiter) else [""]
        user = _linked(link[1])
    else:
        cells = _cells(line, delimiter)
        user = ""
    if any(cells[len(columns) :]):
        raise InvalidInput(
            f"has {len(cells)} columns; there are user, team and joined. Write one user a line, "
            'and a name with a comma in quotes: "Lovelace, Ada"'
        )
    values = {column: cell for column, cell in zip(columns, cells, strict=False) if column and cell}
    user = user or values.get("user", "")
    found = _LINK.match(user)
    name = _linked(found[1]) if found else user.removeprefix("@")
    since = values.get("since")
    return Entry(
        read_user(_without_prefix(name)), values.get("team", ""), read_time(since, timezone) if since else None
    )


def _linked(target: str) -> str:
    """The user whose page a link leads to."""
    *prefixes, rest = (part.strip() for part in target.strip().lstrip(":").split(":"))
    if prefixes and not _is_of_users(prefixes[-1]):
        raise InvalidInput(f"[[{target}]] is a link to no user's page")
    return rest.partition("#")[0].partition("/")[0]


def _without_prefix(name: str) -> str:
    prefix, colon, rest = name.partition(":")
    return rest if colon and _is_of_users(prefix) else name


def _is_of_users(prefix: str) -> bool:
    return prefix.replace("_", " ").strip().casefold() in _user_namespaces()


@cache
def _user_namespaces() -> frozenset[str]:
    """What the pages of users and their talk pages begin with, in any language."""
    text = resources.files("processors").joinpath("data", "namespaces.json").read_text(encoding="utf-8")
    return frozenset(name.casefold() for name in _names(text)) | {"user", "user talk"}


def _names(text: str) -> Iterator[str]:
    for language in json.loads(text).values():
        yield from (name for number, name in language.get("names", {}).items() if int(number) in (2, 3))
        yield from (name for name, number in language.get("aliases", {}).items() if int(number) in (2, 3))


def _both(line: int, first: Entry, second: Entry) -> Entry:
    """One entry for a user who is named twice."""
    for what in ("team", "since"):
        one, other = getattr(first, what), getattr(second, what)
        if one and other and one != other:
            raise InvalidInput(f"{first.user} is in line {line} already, with another {_SAID[what]}")
    return replace(first, team=first.team or second.team, since=first.since or second.since)


_SAID = {"team": "team", "since": "time of joining"}
