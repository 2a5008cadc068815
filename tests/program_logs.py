"""A log of program events in memory."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from processors.errors import Conflict
from processors.programs.events import NewEvent, ProgramEvent


class MemoryProgramLog:
    """A `ProgramLog` that lasts as long as the object."""

    def __init__(self) -> None:
        self._events: list[ProgramEvent] = []
        self._lock = Lock()

    def append(self, events: Sequence[NewEvent], *, after: int) -> Sequence[ProgramEvent]:
        if not events:
            return []
        with self._lock:
            if len(self._events) != after:
                raise Conflict(f"something else was decided behind position {after}")
            placed = [event.at(position) for position, event in enumerate(events, start=after + 1)]
            self._events += placed
        return placed

    def read(self, after: int = 0) -> Sequence[ProgramEvent]:
        return self._events[after:]

    def last_position(self) -> int:
        return len(self._events)
