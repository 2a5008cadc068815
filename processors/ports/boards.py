"""The read side: what boards, statistics and results answer, and the port that answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from processors.numbers.numbers import By, Division, Goal, Metric, Standing, Totals
from processors.programs.program import Program, Session, Visibility


@dataclass(frozen=True, slots=True)
class Freshness:
    """What stands beside every answer."""

    as_of: datetime | None
    """The watermark, or the earlier moment that was asked about; None before the first event."""
    lag_seconds: float | None
    """Now minus `as_of`."""
    gaps: int
    """How many stretches of the stream are known to be missing."""


@dataclass(frozen=True, slots=True)
class Board:
    """A leaderboard as one answer: ranked standings, totals and how fresh they are."""

    program: Program
    metric: Metric
    standings: tuple[Standing, ...]
    totals: Totals
    freshness: Freshness
    by: By = By.USER
    goals: tuple[Goal, ...] = ()
    quiet: tuple[str, ...] = ()
    """Where nothing counts yet: why, in sentences."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a program's contributions, with its numbers."""

    key: str
    """A wiki, a namespace's number, `2026-11-08`, `2026-11-08T14:00+0100`, a session's number, a team, …"""
    title: str
    """For people; often the key."""
    numbers: Totals


@dataclass(frozen=True, slots=True)
class Statistics:
    """A program's numbers, and those of its parts."""

    program: Program
    by: Division
    parts: tuple[Part, ...]
    totals: Totals
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class Result:
    """Numbers that were frozen. `standings` and `totals` are as they were then, whatever came later."""

    program: str
    name: str
    as_of: datetime
    frozen_at: datetime
    digest: str
    """SHA-256 of what was stored, hexadecimal."""
    intact: bool
    """What is stored still has that digest."""
    metric: Metric
    """What `standings` are ranked by."""
    standings: tuple[Standing, ...]
    totals: Totals


@dataclass(frozen=True, slots=True)
class Difference:
    """What a participant's line was in a frozen result and is now; None: there is no line."""

    then: Standing | None
    now: Standing | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A frozen result beside the live numbers."""

    result: Result
    live: Totals
    differences: tuple[Difference, ...]
    """Of everybody whose numbers are others now."""
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class ProgramView:
    """A program as everybody may see it, with what its events have made of it."""

    program: Program
    version: int
    rules: tuple[str, ...]
    results: tuple[str, ...]
    """Names of its frozen results."""
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class Campaign:
    """Programs that belong together."""

    slug: str
    programs: tuple[Program, ...]
    """Those that are public."""
    others: int
    """How many take part without being named."""


@dataclass(frozen=True, slots=True)
class CampaignBoard:
    """A leaderboard over all programs of a campaign. What counts in several of them counts once."""

    campaign: Campaign
    metric: Metric
    standings: tuple[Standing, ...]
    totals: Totals
    freshness: Freshness
    by: By = By.USER


@dataclass(frozen=True, slots=True)
class Window:
    """Contributions made in `[since, until)`; None: without end."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def whole(self) -> bool:
        return self.since is None and self.until is None


@dataclass(frozen=True, slots=True)
class Moment:
    """Which numbers are asked for; as it stands: all of them, as they are now."""

    as_of: datetime | None = None
    """As they were known then, by the program as it was then."""
    session: str | None = None
    """Only those of a session: its number from 1 on, or its title."""
    last_minutes: int | None = None
    """Only the last minutes before the watermark (or `as_of`): a stream that lags shows no empty board."""


NOW = Moment()


class Boards(Protocol):
    """The read side. Private programs are kept out by the query, not by the caller.

    Names of participants who hide them come as pseudonyms. Every call raises:
        StoreUnavailable: ClickHouse is away.
        InvalidInput: a session is asked for that the program does not have.
    """

    def to(self, visibilities: Collection[Visibility]) -> Boards:
        """The same for a reader who may see a program of any of these visibilities; else: public or unlisted."""
        ...

    async def programs(self) -> Sequence[Program]:
        """The public programs, newest start first. Others are not listed, whoever reads."""
        ...

    async def program(self, slug: str) -> ProgramView | None:
        """A program without what is private to its participants; None where there is none that may be seen."""
        ...

    async def board(
        self, slug: str, metric: Metric, limit: int | None = None, *, moment: Moment = NOW, by: By = By.USER
    ) -> Board | None:
        """The leaderboard of a program; None where there is none of that slug (or was, then) that may be seen."""
        ...

    async def statistics(self, slug: str, by: Division, *, moment: Moment = NOW) -> Statistics | None:
        """A public or unlisted program's numbers, broken down."""
        ...

    async def results(self, slug: str) -> Sequence[Result] | None:
        """The frozen results of a public or unlisted program, the newest first."""
        ...

    async def comparison(self, slug: str, name: str) -> Comparison | None:
        """A frozen result beside the live numbers."""
        ...

    async def campaigns(self) -> Sequence[Campaign]:
        """Campaigns with a public program, by slug."""
        ...

    async def campaign_board(
        self, slug: str, metric: Metric, limit: int | None = None, *, moment: Moment = NOW, by: By = By.USER
    ) -> CampaignBoard | None:
        """The leaderboard of a campaign. Points are not given: each program has rules of its own."""
        ...

    async def freshness(self) -> Freshness:
        """How fresh all answers are now."""
        ...


def session_of(program: Program, wanted: str) -> Session | None:
    """The session of that number (from 1 on) or title."""
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(program.sessions):
        return program.sessions[int(wanted) - 1]
    return next((one for one in program.sessions if one.title and one.title.casefold() == wanted.casefold()), None)
