"""What program events add up to: a fold, pure and total."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from processors.alerts.decisions import UNDECIDED, AlertDecisions
from processors.programs.drafts import Draft
from processors.programs.events import (
    AlertAcknowledged,
    AlertMuted,
    AlertUnmuted,
    Change,
    Changed,
    Defined,
    Deleted,
    Expired,
    Frozen,
    Merged,
    NewEvent,
    Restored,
    kind_of,
)
from processors.programs.program import Page, Program, Session


class Status(StrEnum):
    ACTIVE = "active"
    DELETED = "deleted"
    EXPIRED = "expired"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Result:
    """Numbers that were declared a result: those as of `as_of`, as they were known when it was recorded."""

    name: str
    as_of: datetime
    recorded_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Decision:
    """That something was decided, without what."""

    version: int
    kind: str
    """As in `program_events.KINDS`."""
    actor: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class ProgramState:
    """A program as it is after an event of it."""

    program: Program
    """What is judged by: as it was written, with all that events said since."""
    written: Program
    """As its organiser last wrote it."""
    version: int
    created_at: datetime
    changed_at: datetime
    status: Status = Status.ACTIVE
    merged_into: str = ""
    cloned_from: str = ""
    results: tuple[Result, ...] = ()
    recent: tuple[Decision, ...] = ()
    """The last decisions, oldest first; at most `RECENT`."""
    alerts: AlertDecisions = UNDECIDED
    """What was decided about its alerts."""

    @property
    def active(self) -> bool:
        """Whether it is judged by."""
        return self.status is Status.ACTIVE

    @property
    def enrolled_by_event(self) -> frozenset[str]:
        """Participants that nobody has written into the definition."""
        written = {one.user for one in self.written.participants}
        return frozenset(one.user for one in self.program.participants if one.user not in written)

    @property
    def excluded_by_event(self) -> frozenset[str | Page | tuple[str, int]]:
        """Users, pages and revisions (wiki, rev_id) whose exclusion nobody has written into the definition."""
        return frozenset(_excluded(self.program) - _excluded(self.written))

    @property
    def assigned_by_event(self) -> frozenset[tuple[str, Page]]:
        """(user, page) assignments that nobody has written into the definition."""
        return frozenset(_assigned(self.program) - _assigned(self.written))


RECENT = 20
NOTHING: Mapping[str, ProgramState] = MappingProxyType({})


def _excluded(program: Program) -> set[str | Page | tuple[str, int]]:
    exclude = program.exclude
    return {
        *(one.user for one in exclude.users),
        *(one.page for one in exclude.titles),
        *((one.wiki, one.rev_id) for one in exclude.revisions),
    }


def _assigned(program: Program) -> set[tuple[str, Page]]:
    return {(one.user, page) for one in program.participants for page in one.pages}


def evolve(state: ProgramState | None, event: NewEvent) -> ProgramState:
    """The state after an event of the program.

    An event that does not fit (somebody leaves who never was in) changes nothing but the version; where
    there is no program yet, it leaves one that is deleted. For many events `fold` is faster.

    Raises:
        InvalidPrograms: the event holds a definition that this wikitally cannot read.
    """
    return fold([event], {} if state is None else {event.program: state})[event.program]


def fold(events: Iterable[NewEvent], states: Mapping[str, ProgramState] = NOTHING) -> dict[str, ProgramState]:
    """By slug, the states after events in order, on top of `states`; else as `evolve`."""
    folds: dict[str, _Fold] = {}
    for event in events:
        slug = event.program
        if slug not in folds and slug in states:
            folds[slug] = _Fold(states[slug])
        if slug not in folds:
            folds[slug] = _Fold(_nothing_before(event))
        folds[slug].take(event)
    return {**states, **{slug: one.state() for slug, one in folds.items()}}


def state_at(events: Iterable[NewEvent], when: datetime) -> dict[str, ProgramState]:
    """By slug, the states as they were at a time."""
    return fold(event for event in events if event.recorded_at <= when)


def _nothing_before(event: NewEvent) -> ProgramState:
    at = event.recorded_at
    program = Program(event.program, event.program, sessions=(Session(at, at),), wikis=())
    return ProgramState(program, program, version=0, created_at=at, changed_at=at, status=Status.DELETED)


def _decision(event: NewEvent) -> Decision:
    return Decision(event.version, kind_of(event.change), event.actor, event.recorded_at)


class _Fold:
    """A state under construction: taking an event costs the same for any number of participants."""

    def __init__(self, state: ProgramState) -> None:
        self._state = state
        self._draft: Draft | None = None
        self._last: NewEvent | None = None
        self._status = (state.status, state.merged_into)
        self._cloned_from = state.cloned_from
        self._results = list(state.results)
        self._recent = list(state.recent)
        self._of_alerts: list[tuple[Change, datetime, str]] = []

    def take(self, event: NewEvent) -> None:
        self._last = event
        self._recent = [*self._recent[1 - RECENT :], _decision(event)]
        match event.change:
            case Deleted():
                self._status = (Status.DELETED, "")
            case Expired():
                self._status = (Status.EXPIRED, "")
            case Merged(into):
                self._status = (Status.MERGED, into)
            case Restored():
                self._status = (Status.ACTIVE, "")
            case Defined(definition, cloned_from):
                self._draft = Draft.read(definition, event)
                self._status, self._cloned_from = (Status.ACTIVE, ""), cloned_from
            case AlertAcknowledged() | AlertMuted() | AlertUnmuted() as change:
                self._of_alerts.append((change, event.recorded_at, event.actor))
            case Frozen(name, as_of):
                self._results.append(Result(name, as_of, event.recorded_at, event.version))
            case change:
                self._write(change, event)

    def _write(self, change: Change, event: NewEvent) -> None:
        if self._draft is None:
            self._draft = Draft(self._state.program, self._state.written)
        match change:
            case Changed(definition, complete=True):
                self._draft = Draft.read(definition, event)
            case Changed(definition):
                self._draft.rewrite(Draft.read(definition, event).written)
            case _:
                self._draft.take(change, event.reason)

    def state(self) -> ProgramState:
        if self._last is None:
            return self._state
        status, merged_into = self._status
        return ProgramState(
            program=self._draft.program() if self._draft else self._state.program,
            written=self._draft.written if self._draft else self._state.written,
            version=self._last.version,
            created_at=self._state.created_at,
            changed_at=self._last.recorded_at,
            status=status,
            merged_into=merged_into,
            cloned_from=self._cloned_from,
            results=tuple(self._results),
            recent=tuple(self._recent),
            alerts=self._state.alerts.after(self._of_alerts) if self._of_alerts else self._state.alerts,
        )
