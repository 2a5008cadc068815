"""A program as a value: who, where, when and what counts. How it is written: `processors/definitions.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Visibility(StrEnum):
    PUBLIC = "public"
    UNLISTED = "unlisted"
    PRIVATE = "private"


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


@dataclass(frozen=True, slots=True)
class Participant:
    """A user enrolled: canonical name, team, and from when on (None: from the first session on)."""

    user: str
    team: str = ""
    joined: datetime | None = None


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
class Exclusions:
    """What does not count although all else holds."""

    bots: bool = True
    minor: bool = False
    redirects: bool = False
    reverted: bool = False
    users: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset()


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
    open: bool = False
    scope: tuple[Scope, ...] | None = None
    """A union. None: every page. Empty: nothing can match."""
    membership: Membership = Membership.AT_EDIT
    exclude: Exclusions = field(default_factory=Exclusions)
    visibility: Visibility = Visibility.PUBLIC
    goals: tuple[tuple[str, int], ...] = ()
    points: tuple[tuple[str, float], ...] = ()

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
