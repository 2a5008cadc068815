"""What the core needs from outside, in the core's words. A port's docstring is its contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from processors.facts.facts import Position
from processors.programs.events import NewEvent, ProgramEvent

EVER = datetime.min.replace(tzinfo=UTC)
"""Before anything happened."""


def log_streams(topic: str) -> str:
    """What positions in a topic of our own log are kept under, in place of a list of streams."""
    return f"kafka:{topic}"


@dataclass(frozen=True, slots=True)
class Share:
    """Wikis that one worker judges: those in some partitions of the log, of so many as there are.

    The partition of a wiki is murmur2 of its server name, as Kafka's own clients partition keys.
    """

    partitions: frozenset[int] = frozenset({0})
    of: int = 1


ALL_WIKIS = Share()


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


class ProgramLog(Protocol):
    """Everything that was ever decided about programs, in one order. Safe to share between threads and processes."""

    def append(self, events: Sequence[NewEvent], *, after: int) -> Sequence[ProgramEvent]:
        """Append all `events` behind position `after`, durable on return, and return them in their places.

        Whoever decided from what stood up to `after` is kept from overlooking what came since: of several who
        append behind the same position exactly one succeeds. `processors.programs.commits.commit` reads, decides and
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
