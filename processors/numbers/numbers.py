"""Numbers as boards and statistics have them: of a participant, of a program, of a part of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Standing:
    """Numbers of a participant in a program, or of whatever else a board has a line for.

    `rank` is set where a metric was asked for.
    """

    user: str
    """As shown: the name, or a pseudonym. Empty on boards of teams, wikis and articles."""
    team: str
    edits: int
    bytes_added: int
    """Sum of positive deltas."""
    bytes_removed: int
    """Sum of negative deltas, as a positive number."""
    articles_created: int
    articles_edited: int
    last_edit_at: datetime | None
    """None too where the name is hidden: the second of an edit tells who made it."""
    uploads: int = 0
    """Files that are new, not new versions."""
    reverted: int = 0
    """Counted edits that were reverted."""
    wikidata_actions: int = 0
    """Counted edits of Wikidata whose automatic summary says what they did."""
    pages_proofread: int = 0
    pages_validated: int = 0
    """Scanned pages on Wikisources that were set to this level."""
    points: float = 0
    """By the program's rules; of a team, for the team's numbers."""
    rank: int = 0
    hidden: bool = False
    """`user` is a pseudonym."""
    wiki: str = ""
    """On boards of wikis and articles."""
    title: str = ""
    """On boards of articles."""
    editors: int = 1
    """How many users are behind the numbers."""

    @property
    def bytes_net(self) -> int:
        return self.bytes_added - self.bytes_removed

    @property
    def bytes_absolute(self) -> int:
        return self.bytes_added + self.bytes_removed


class Metric(StrEnum):
    """What a leaderboard can be ranked by; each is an attribute of `Standing` and of `Totals`."""

    EDITS = "edits"
    BYTES_ADDED = "bytes_added"
    BYTES_REMOVED = "bytes_removed"
    BYTES_NET = "bytes_net"
    BYTES_ABSOLUTE = "bytes_absolute"
    ARTICLES_CREATED = "articles_created"
    ARTICLES_EDITED = "articles_edited"
    UPLOADS = "uploads"
    REVERTED = "reverted"
    WIKIDATA_ACTIONS = "wikidata_actions"
    PAGES_PROOFREAD = "pages_proofread"
    PAGES_VALIDATED = "pages_validated"
    POINTS = "points"


class By(StrEnum):
    """What a line of a leaderboard stands for."""

    USER = "user"
    TEAM = "team"
    WIKI = "wiki"
    ARTICLE = "article"
    ARTICLE_USER = "article_user"
    """What one person did to one page."""


class Division(StrEnum):
    """What statistics are broken down by."""

    WIKI = "wiki"
    NAMESPACE = "namespace"
    DAY = "day"
    HOUR = "hour"
    SESSION = "session"
    TEAM = "team"
    ACTION = "action"
    USER_CLASS = "user_class"


@dataclass(frozen=True, slots=True)
class Totals:
    """Numbers of a program, or of a part of it, as a whole (pages counted once, whoever edited them)."""

    participants: int
    """Enrolled users; for an open program, those who have contributed."""
    editors: int
    """Users with a contribution."""
    edits: int
    bytes_added: int
    bytes_removed: int
    articles_created: int
    articles_edited: int
    last_edit_at: datetime | None
    uploads: int = 0
    reverted: int = 0
    wikidata_actions: int = 0
    pages_proofread: int = 0
    pages_validated: int = 0
    new_editors: int = 0
    """Those of the participants (of an open program or a part of one, of the editors) whose account is new."""
    temporary_editors: int = 0
    """Editors with temporary accounts."""
    points: float = 0
    """By the program's rules, for these numbers."""

    @property
    def bytes_net(self) -> int:
        return self.bytes_added - self.bytes_removed

    @property
    def bytes_absolute(self) -> int:
        return self.bytes_added + self.bytes_removed


@dataclass(frozen=True, slots=True)
class Goal:
    """A number that a program wants to reach, and how far it is."""

    metric: str
    target: int
    reached: float

    @property
    def share(self) -> float:
        """From 0 up; 1: reached."""
        return self.reached / self.target if self.target else 1.0
