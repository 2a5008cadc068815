"""What the core needs from outside, in the core's words. A port's docstring is its contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from processors.facts import Position
from processors.program_events import NewEvent, ProgramEvent
from processors.programs import Program


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One event as it was read: the JSON bytes, and where they stood if the source knows better than they say."""

    data: bytes
    position: Position | None = None
    source: str = ""
    """For people: the stream's URL, or `file:line`."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a topic-partition has been read: the last event's offset and Kafka time (ms).

    It says "read up to and including", never "next to read".
    """

    offset: int
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A source's resume position: per topic and partition, what has been made durable.

    `streams` is the sorted, comma-joined list of streams it belongs to: positions of another list
    must not be used (a stream added to the list would get nothing).
    """

    streams: str
    reached: dict[tuple[str, int], Reached]
    watermark: datetime | None = None
    """Event time up to which all is in, as far as this source knows."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Offsets known to be missing: `first`..`last` inclusive of one topic-partition."""

    topic: str
    partition: int
    first: int
    last: int
    seen_at: datetime
    """Event time of the event behind the gap."""


class EventSource(Protocol):
    """Events in order per topic-partition, at least once."""

    def events(self, resume: Checkpoint | None) -> AsyncIterator[Sequence[RawEvent]]:
        """Yield batches (never empty) from behind `resume` on, or from the source's own start if None.

        Survives every fault that a reconnect can mend; may repeat events after one, never skips any
        that the server still has. Ends when a recording ends; a live stream never does. Reads no
        further while the consumer holds a batch, so that a slow store slows the source.

        Raises:
            SourceUnavailable: the server does not know what we ask for.
        """
        ...


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that cannot be processed, as it was, with the reason."""

    event: RawEvent
    reason: str
    detail: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Freshness:
    """What stands beside every answer."""

    as_of: datetime | None
    """The watermark; None before the first event."""
    lag_seconds: float | None
    """Now minus the watermark."""
    gaps: int
    """How many stretches of the stream are known to be missing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A participant's numbers in a program. `rank` is set where a metric was asked for."""

    user: str
    team: str
    edits: int
    bytes_added: int
    """Sum of positive deltas."""
    bytes_removed: int
    """Sum of negative deltas, as a positive number."""
    articles_created: int
    articles_edited: int
    last_edit_at: datetime | None
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
    """By the program's rules."""
    rank: int = 0

    @property
    def bytes_net(self) -> int:
        return self.bytes_added - self.bytes_removed

    @property
    def bytes_absolute(self) -> int:
        return self.bytes_added + self.bytes_removed


class Metric(StrEnum):
    """What a leaderboard can be ranked by; each is an attribute of `Standing`."""

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


@dataclass(frozen=True, slots=True)
class Totals:
    """A program's numbers as a whole (pages counted once, whoever edited them)."""

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


@dataclass(frozen=True, slots=True)
class Board:
    """A leaderboard as one answer: ranked standings, totals and how fresh they are."""

    program: Program
    metric: Metric
    standings: tuple[Standing, ...]
    totals: Totals
    freshness: Freshness


class Boards(Protocol):
    """The read side. Private programs are kept out by the query, not by the caller."""

    async def programs(self) -> Sequence[Program]:
        """The public programs, newest start first. Unlisted and private ones are not listed."""
        ...

    async def board(self, slug: str, metric: Metric, limit: int | None = None) -> Board | None:
        """The leaderboard of a public or unlisted program; None where there is none of that slug.

        Raises:
            StoreUnavailable: ClickHouse is away.
        """
        ...

    async def freshness(self) -> Freshness:
        """How fresh all answers are now.

        Raises:
            StoreUnavailable: ClickHouse is away.
        """
        ...


class ProgramLog(Protocol):
    """Everything that was ever decided about programs, in one order. Safe to share between threads and processes."""

    def append(self, events: Sequence[NewEvent], *, after: int) -> Sequence[ProgramEvent]:
        """Append all `events` behind position `after`, durable on return, and return them in their places.

        Whoever decided from what stood up to `after` is kept from overlooking what came since: of several who
        append behind the same position exactly one succeeds. `processors.program_commits.commit` reads, decides and
        tries again.

        Raises:
            Conflict: the log does not end at `after`; nothing was appended.
            StoreUnavailable: nothing may be assumed. The events may stand in the log, or yet come to stand
                there behind `after`: all of them or none, and once. Read before deciding again.
        """
        ...

    def read(self, after: int = 0) -> Sequence[ProgramEvent]:
        """The events behind a position, in order and without holes.

        Raises:
            StoreUnavailable: the log is away.
            InvalidEvent: an event was written by a newer wikitally.
        """
        ...

    def last_position(self) -> int:
        """The position of the newest event; 0 when there is none.

        Raises:
            StoreUnavailable: the log is away.
        """
        ...
