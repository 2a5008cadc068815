"""From a decision to events in the log: read, decide, append, and again when somebody else was first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from processors.errors import Conflict
from processors.ports.store import ProgramLog
from processors.programs.commands import Command, decide
from processors.programs.events import NewEvent, ProgramEvent
from processors.programs.states import ProgramState, fold

ATTEMPTS = 100


@dataclass(frozen=True, slots=True)
class Programs:
    """All programs as they are at a position of the log."""

    position: int = 0
    states: Mapping[str, ProgramState] = field(default_factory=dict)

    def after(self, events: Sequence[ProgramEvent]) -> Programs:
        """As they are after the next events."""
        return Programs(events[-1].position, fold(events, self.states)) if events else self


@dataclass(frozen=True, slots=True)
class Committed:
    """What was decided, as it stands in the log, and the programs after it."""

    events: tuple[ProgramEvent, ...]
    programs: Programs


def catch_up(log: ProgramLog, programs: Programs | None = None) -> Programs:
    """The programs at the end of the log, by reading what is behind those that are known."""
    programs = programs or Programs()
    return programs.after(log.read(programs.position))


def draft(
    states: Mapping[str, ProgramState],
    commands: Sequence[Command],
    *,
    at: datetime,
    actor: str,
    new_id: Callable[[], str],
) -> list[NewEvent]:
    """The events of commands, each decided on top of those before it; all or none.

    Raises:
        InvalidInput: what `decide` refuses.
    """
    events: list[NewEvent] = []
    for command in commands:
        new: list[NewEvent] = []
        versions: dict[str, int] = {}
        for decided in decide(states, command, at):
            before = states.get(decided.program)
            version = versions.get(decided.program, before.version if before else 0) + 1
            versions[decided.program] = version
            new.append(
                NewEvent(
                    event_id=new_id(),
                    program=decided.program,
                    version=version,
                    # A clock that was put back does not bring back what was decided.
                    recorded_at=max(at, before.changed_at) if before else at,
                    actor=actor,
                    reason=decided.reason,
                    change=decided.change,
                )
            )
        if new:
            states = fold(new, states)
        events += new
    return events


def commit(
    log: ProgramLog,
    decide: Callable[[Mapping[str, ProgramState]], Sequence[NewEvent]],
    programs: Programs | None = None,
    *,
    attempts: int = ATTEMPTS,
) -> Committed:
    """Decide from what the log says and append it; from anew where something else was decided meanwhile.

    Args:
        decide: a `draft` with all but its states. It may be asked several times.
        programs: those that are known already, to read less.

    Raises:
        InvalidInput: what `decide` refuses; nothing was appended.
        Conflict: in so many attempts somebody else was always first.
        StoreUnavailable: it may have been decided, or not.
    """
    for attempt in range(attempts):
        programs = catch_up(log, programs)
        new = decide(programs.states)
        if not new:
            return Committed((), programs)
        try:
            events = tuple(log.append(new, after=programs.position))
        except Conflict:
            if attempt + 1 == attempts:
                raise
        else:
            return Committed(events, programs.after(events))
    raise AssertionError("no attempt was asked for")
