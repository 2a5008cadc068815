"""What goes into a worker and comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Protocol

from processors.facts.facts import Fact, Position
from processors.judging.ledger import Change
from processors.ports.boards import Freshness
from processors.ports.store import Checkpoint, DeadLetter, Gap
from processors.programs.states import ProgramState


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


class Alerts(Protocol):
    """Who keeps alerts beside the books. All of it may be repeated, and raises StoreUnavailable."""

    def before_purge(self, facts: Sequence[Fact], version: int) -> None:
        """These facts hide something, of which the books still say whose it is."""
        ...

    def take(self, facts: Sequence[Fact], changes: Sequence[Change], version: int) -> None:
        """These facts are stored, these changes are in the books and in the standings."""
        ...

    def check_time(self, now: datetime, freshness: Freshness, version: int) -> None:
        """So much time has passed."""
        ...


class NoAlerts:
    """Keeps none."""

    def before_purge(self, facts: Sequence[Fact], version: int) -> None: ...
    def take(self, facts: Sequence[Fact], changes: Sequence[Change], version: int) -> None: ...
    def check_time(self, now: datetime, freshness: Freshness, version: int) -> None: ...


MakeAlerts = Callable[[Callable[[], Mapping[str, ProgramState]]], Alerts]
"""Makes who keeps alerts, given where the programs are found."""


@dataclass(frozen=True, slots=True)
class Together:
    """What a worker that is one of several has to know."""

    judged_until: datetime
    """All that was received before has been judged on our wikis; `datetime.min`: nothing has."""
    leads: bool
    """Of all workers this one does what concerns no wiki."""
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
