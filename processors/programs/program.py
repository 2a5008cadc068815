"""A program as a value: who, where, when and what counts. How it is written: `processors/programs/definitions.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Visibility(StrEnum):
    PUBLIC = "public"
    """Listed, and open to everyone who looks."""
    UNLISTED = "unlisted"
    """Open to everyone who knows the address."""
    PRIVATE = "private"
    """Only for those who hold a token of it."""


class Membership(StrEnum):
    """Which pages a scope holds: those in it when the edit was made, or those in it now."""

    AT_EDIT = "at_edit"
    NOW = "now"


class Side(StrEnum):
    """On which page a category stands: the article, or its talk page (then the article is meant)."""

    ARTICLE = "article"
    TALK = "talk"


@dataclass(frozen=True, slots=True)
class Session:
    """One window `[start, end)`, aware UTC."""

    start: datetime
    end: datetime
    title: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Page:
    """A page by its prefixed title. `wiki` is a server name or a family; "" means every tracked wiki."""

    title: str
    wiki: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch `[since, until)` of membership, aware UTC. None: from the first session on; without end."""

    since: datetime | None = None
    until: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Whether somebody who was a member in this period was one at that time."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Participant:
    """A user enrolled, by canonical name."""

    user: str
    team: str = ""
    periods: tuple[Period, ...] = (Period(),)
    """When they were members, in order and apart from one another. Empty: they have left for good."""
    hidden: bool = False
    """Counted in totals; boards show a pseudonym."""
    pages: tuple[Page, ...] = ()
    """Pages assigned to them. It does not decide what counts."""

    def enrolled(self, at: datetime) -> bool:
        """Whether they were a member at that time."""
        return any(period.covers(at) for period in self.periods)


@dataclass(frozen=True, slots=True)
class CategoryScope:
    """Pages in `category` (prefixed title) of `wiki` (server name) or in its subcategories to `depth`."""

    wiki: str
    category: str
    depth: int = 0
    side: Side = Side.ARTICLE


@dataclass(frozen=True, slots=True)
class TitlesScope:
    """Listed pages, by prefixed title. `wiki` is a server name or a family; "" means every tracked wiki."""

    titles: frozenset[str]
    wiki: str = ""


@dataclass(frozen=True, slots=True)
class PrefixScope:
    """Pages whose prefixed title starts with `prefix`."""

    prefix: str
    wiki: str = ""


Scope = CategoryScope | TitlesScope | PrefixScope


@dataclass(frozen=True, slots=True)
class ExcludedUser:
    user: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ExcludedPage:
    page: Page
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ExcludedRevision:
    wiki: str
    rev_id: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What does not count although all else holds."""

    bots: bool = True
    minor: bool = False
    redirects: bool = False
    """Edits of pages that are redirects now, as far as revision tags tell."""
    reverted: bool = False
    """Edits that carry the tag `mw-reverted`."""
    tools: bool = True
    """Edits that a program tool makes in a participant's name (`processors/data/tools.json`)."""
    users: tuple[ExcludedUser, ...] = ()
    titles: tuple[ExcludedPage, ...] = ()
    revisions: tuple[ExcludedRevision, ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """What an organiser declares. Every wiki is a server name or a family (`*.wikisource.org`, `*`)."""

    slug: str
    title: str
    sessions: tuple[Session, ...]
    wikis: tuple[str, ...]
    timezone: str = "UTC"
    namespaces: tuple[tuple[str, frozenset[int] | None], ...] = (("default", frozenset({0})),)
    """(wiki or family or `default`, namespace numbers; None: all). The most specific line wins."""
    participants: tuple[Participant, ...] = ()
    organisers: tuple[str, ...] = ()
    """Who runs the program; their edits count only where they are participants too."""
    open: bool = False
    """Everyone counts; participants only name teams."""
    hashtags: tuple[str, ...] = ()
    """Casefolded, without #: whoever writes one of them into a summary counts with that edit, enrolled or not."""
    scope: tuple[Scope, ...] | None = None
    """A union. None: every page. Empty: nothing can match."""
    outside: tuple[Scope, ...] = ()
    """Pages that are out of scope although `scope` holds them."""
    membership: Membership = Membership.AT_EDIT
    exclude: Exclusions = field(default_factory=Exclusions)
    visibility: Visibility = Visibility.PUBLIC
    goals: tuple[tuple[str, int], ...] = ()
    """(statistic, number to reach)."""
    points: tuple[tuple[str, float], ...] = ()
    """(rule, points): `processors/numbers/points.py` says what each rule counts."""
    campaigns: tuple[str, ...] = ()
    """Slugs of the campaigns that the program belongs to."""
    expires: datetime | None = None
    """From then on the program is gone, as if it had been deleted: for tests."""
    new_editor_days: int = 14
    """An account made up to so many days before the start, or during the program, is new."""
    hide_names_after_days: int | None = None
    """So many days after the end, boards show pseudonyms for everyone. None: never."""

    @property
    def start(self) -> datetime:
        """The first session's start."""
        return min(session.start for session in self.sessions)

    @property
    def end(self) -> datetime:
        """The last session's end (exclusive)."""
        return max(session.end for session in self.sessions)


def family_matches(pattern: str, wiki: str) -> bool:
    """Whether `wiki` is `pattern` or belongs to the family it names (`*.wikisource.org`, `*`)."""
    if pattern == "*":
        return True
    if pattern.startswith("*."):
        return wiki.endswith(pattern[1:])
    return pattern == wiki
