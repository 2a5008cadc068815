"""What goes into a worker and comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Protocol

from processors.facts.facts import Fact, Position
from processors.ports.store import Checkpoint, DeadLetter, Gap


class Tracker(Protocol):
    """Follows positions: what of the stream has been read, and what is missing of it."""

    def observe(self, position: Position | None, emitted_at: datetime | None = None, *, canary: bool = False) -> None:
        """Note that an event was read."""
        ...

    def take_gaps(self) -> tuple[Sequence[Gap], Sequence[Gap]]:
        """Gaps that have opened and that have closed since the last call."""
        ...

    def checkpoint(self) -> Checkpoint:
        """Where to go on once all that was read is stored."""
        ...


@dataclass(frozen=True, slots=True)
class Together:
    """What a worker that is one of several has to know."""

    judged_until: datetime
    """All that was received before has been judged on our wikis; `datetime.min`: nothing has."""
    check: Callable[[], None]
    """Raises `NotOurs` when somebody else judges our wikis by now."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A batch that has been read: all that has to be stored before the stream may move on."""

    facts: Sequence[Fact]
    letters: Sequence[DeadLetter]
    opened: Sequence[Gap]
    closed: Sequence[Gap]
    checkpoint: Checkpoint
    received_at: datetime
    events: int
    started: float = field(default_factory=perf_counter)


@dataclass(slots=True)
class Figures:
    """What a worker has done since it started."""

    events_read: int = 0
    canaries: int = 0
    duplicates_dropped: int = 0
    dead_letters: int = 0
    facts: int = 0
    edits_judged: int = 0
    contributions: int = 0
    """Entries that counted, of edits seen for the first time."""
