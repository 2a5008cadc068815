"""The words that rules are made of: times, lists, names and pages as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from processors.programs.program import (
    CategoryScope,
    ExcludedPage,
    ExcludedRevision,
    Membership,
    Page,
    Period,
    PrefixScope,
    Program,
    Scope,
    Session,
    Side,
    TitlesScope,
    Visibility,
)

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NAMESPACES = {
    0: "articles",
    1: "talk pages of articles",
    2: "user pages",
    3: "user talk pages",
    4: "project pages",
    6: "files",
    8: "interface messages",
    10: "templates",
    12: "help pages",
    14: "categories",
}
AUDIENCE = {
    Visibility.PUBLIC: "Everyone can see the board, and it is listed.",
    Visibility.UNLISTED: "Whoever knows the address can see the board; it is not listed.",
    Visibility.PRIVATE: "Only those who hold a token of the program can see the board.",
}
MEMBERSHIP = {
    Membership.AT_EDIT: "as they were when the edit was made",
    Membership.NOW: "as they are now",
}
_SWITCHES = {
    "bots": ("Edits flagged as bot edits", ""),
    "minor": ("Edits marked as minor", ""),
    "tools": ("Edits that a program tool makes in a participant's name", ""),
    "redirects": ("Edits of pages that are redirects now", ", as far as tags of revisions tell"),
    "reverted": ("Edits that were reverted", ""),
}
MOST = 10
"""So many names or titles are listed; the others are counted."""


def number(count: int, one: str, many: str = "") -> str:
    """`1 participant`, `2 participants`, `1,000 participants`."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def amount(value: float) -> str:
    """`100`, `0.5`, `1,000`."""
    return f"{int(value) if abs(value) < 2**53 and value == int(value) else value:,}"


def listed(parts: Iterable[str], word: str = "and") -> str:
    """`a, b and c`."""
    *before, last = parts
    return f"{', '.join(before)} {word} {last}" if before else last


def some(names: Sequence[str], others: str) -> str:
    """The first names, and how many others there are: `Ada, Ben and 12 other pages`."""
    rest = len(names) - MOST
    return listed(names) if rest <= 0 else listed([*names[:MOST], number(rest, f"other {others}")])


def moment(at: datetime, timezone: ZoneInfo) -> str:
    """`8 November 2026, 14:00`, in that zone."""
    local = at.astimezone(timezone)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {_clock(local)}"


def _clock(local: datetime) -> str:
    exact = "auto" if local.second or local.microsecond else "minutes"
    text = local.replace(tzinfo=None).time().isoformat(timespec=exact)
    twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    return f"{text} (UTC{local.isoformat()[-6:]})" if twice else text


def session(one: Session, timezone: ZoneInfo) -> str:
    """`8 November 2026, 14:00 to 17:00 (Saturday)`."""
    start, end = one.start.astimezone(timezone), one.end.astimezone(timezone)
    until = _clock(end) if start.date() == end.date() else moment(end, timezone)
    return f"{moment(start, timezone)} to {until}" + (f" ({one.title})" if one.title.strip() else "")


def period(one: Period, timezone: ZoneInfo) -> str:
    """`from 8 November 2026, 14:00 until …`, as far as it has ends."""
    since = f"from {moment(one.since, timezone)}" if one.since else "from the start of the program"
    if one.until is None:
        return f"{since} on" if one.since else since
    return f"{since} until {moment(one.until, timezone)}"


def wikis(names: Iterable[str]) -> str:
    """Each wiki by its name, each family as `every wikisource.org wiki`."""
    return listed([wiki(name) for name in names])


def wiki(name: str) -> str:
    """A wiki's own name, or what its family is called."""
    if name == "*":
        return "every wiki"
    return f"every {name.removeprefix('*.')} wiki" if name.startswith("*") else name


def namespaces(numbers: frozenset[int] | None) -> str:
    """`in namespaces 0 (articles) and 104`."""
    if numbers is None:
        return "in every namespace"
    if not numbers:
        return "in no namespace"
    parts = [f"{one} ({_NAMESPACES[one]})" if one in _NAMESPACES else f"{one}" for one in sorted(numbers)]
    return f"in namespace{'s' if len(parts) > 1 else ''} {listed(parts)}"


def page(one: Page) -> str:
    """Its title, and of which wiki it is if that is said."""
    return f"{one.title} on {wiki(one.wiki)}" if one.wiki else one.title


def scope(one: Scope) -> str:
    """The pages that it holds: `in Category:Women of en.wikipedia.org`."""
    match one:
        case CategoryScope():
            below = f" or in its subcategories down to {number(one.depth, 'level')}" if one.depth else ""
            verb = "whose talk page is in" if one.side is Side.TALK else "in"
            return f"{verb} {one.category} of {one.wiki}{below}"
        case TitlesScope():
            titles = sorted(one.titles)
            named = f" ({some(titles, 'page')})" if titles else ""
            return f"on a list of {number(len(titles), 'page')}{_of(one.wiki)}{named}"
        case PrefixScope():
            return f"{_of(one.wiki).lstrip()} whose title begins with “{one.prefix}”".lstrip()


def _of(name: str) -> str:
    return f" of {wiki(name)}" if name else ""


def switched(switch: str, excluded: bool) -> str:
    """What a switch of `exclude` says when it is on, or off."""
    what, how_known = _SWITCHES[switch]
    return f"{what} do not count{how_known}." if excluded else f"{what} count like others."


def excluded_page(one: ExcludedPage) -> str:
    """The page and why."""
    return page(one.page) + (f" ({one.reason})" if one.reason else "")


def excluded_revision(one: ExcludedRevision) -> str:
    """The revision and why."""
    return f"revision {one.rev_id} of {one.wiki}" + (f" ({one.reason})" if one.reason else "")


class Names:
    """Names of people as they may be shown: hidden participants are only counted."""

    def __init__(self, *programs: Program) -> None:
        self._hidden = frozenset(one.user for program in programs for one in program.participants if one.hidden)

    def may_show(self, user: str) -> bool:
        """Whether that user's name may stand in a sentence."""
        return user not in self._hidden

    def some(self, users: Sequence[str], others: str, notes: Mapping[str, str] | None = None) -> str:
        """The first names that may be shown, each with its note, and how many others there are."""
        notes = notes or {}
        shown = [f"{user} ({notes[user]})" if notes.get(user) else user for user in users if self.may_show(user)]
        parts = shown[:MOST]
        if len(shown) > MOST:
            parts.append(number(len(shown) - MOST, f"other {others}"))
        if hidden := len(users) - len(shown):
            parts.append(f"{number(hidden, others)} whose {'name is' if hidden == 1 else 'names are'} hidden")
        return listed(parts)

    def masked(self, sentences: Iterable[str]) -> list[str]:
        """The sentences without these names where they stand in titles, such as `User:Ada/Draft`."""
        if not self._hidden:
            return list(sentences)
        names = "|".join(re.escape(name) for name in sorted(self._hidden, key=len, reverse=True))
        titles = re.compile(rf":(?:{names})(?![\w-])")
        return [titles.sub(":(hidden)", sentence) for sentence in sentences]
