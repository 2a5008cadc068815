"""The read side of alerts: feeds of programs, campaigns, pages and participants."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from processors.alerts.alerts import Alert, AlertKind, AlertState
from processors.ports.boards import Freshness
from processors.programs.program import Visibility

MOST = 500
"""Alerts of one answer."""


class Standing(StrEnum):
    """Which alerts are asked for, beside those of one state."""

    LIVE = "live"
    """Those that somebody may want to do something about: live, not acknowledged, not muted."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """What is asked of a feed."""

    kinds: frozenset[AlertKind] = frozenset()
    """Empty: all."""
    state: Standing | AlertState = Standing.LIVE
    since: datetime | None = None
    """Only what changed then or later."""
    ids: frozenset[str] = frozenset()
    """Only the alerts of these ids; empty: all."""
    limit: int = 50
    cursor: str = ""
    """As an answer before gave it; empty: from the newest on."""


EVERYTHING = FeedFilter(state=Standing.ALL)


@dataclass(frozen=True, slots=True)
class ShownAlert:
    """An alert as it is shown: hidden names are pseudonyms, and what would lead to them is left out."""

    alert: Alert
    program_title: str
    acknowledged_by: str = ""
    """Empty: nobody has seen it as it is."""
    acknowledged_at: datetime | None = None
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Feed:
    """Alerts, what changed last first."""

    title: str
    """Of what the feed is about, for people."""
    alerts: tuple[ShownAlert, ...]
    counts: Mapping[AlertKind, int]
    """By kind, how many there are by the filter's other parts: also of the kinds that the filter leaves out."""
    freshness: Freshness
    next_cursor: str = ""
    """Of the next alerts; empty: these were all."""
    muted: Mapping[str, int] = field(default_factory=dict)
    """By word (`acknowledged`, `muted`), how many the state `live` leaves out."""


class AlertFeed(Protocol):
    """Private programs are kept out by the query, not by the caller. Every call raises:

    StoreUnavailable: ClickHouse is away.
    InvalidInput: the cursor is none of ours.
    """

    def to(self, visibilities: Collection[Visibility]) -> AlertFeed:
        """The same for a reader who may see a program of any of these visibilities; else: public or unlisted."""
        ...

    async def of_program(self, slug: str, wanted: FeedFilter) -> Feed | None:
        """The alerts of a program; None where there is none that may be seen."""
        ...

    async def of_campaign(self, slug: str, wanted: FeedFilter) -> Feed | None:
        """Those of all programs of a campaign that are not private; None where there are none."""
        ...

    async def of_page(self, wiki: str, title: str, wanted: FeedFilter) -> Feed:
        """Those of public programs about a page, by the title that it has now."""
        ...

    async def of_user(self, user: str, wanted: FeedFilter) -> Feed:
        """Those of public programs that concern somebody, but for programs in which they hide their name."""
        ...
