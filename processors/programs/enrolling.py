"""Decisions about who takes part in a program, and the receipts for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from processors.errors import EnrolmentRefused, InvalidInput, InvalidPrograms
from processors.programs.deciding import Decided, active, effective, existing, fate
from processors.programs.events import Change, Joined, Left, Merged, NameHidden, NewEvent, PageAssigned
from processors.programs.names import read_user
from processors.programs.program import Participant, Period, Visibility
from processors.programs.states import ProgramState, Status
from processors.programs.texts import Entry, Roster


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A receipt."""

    program: str
    user: str
    event_id: str | None
    """The decision; None where none was needed."""
    since: datetime | None
    """None: from the first session on."""
    already: bool
    """They were in before."""
    note: str = ""
    """`organiser`: they run the program too, and their edits count now."""


def decide_join(
    states: Mapping[str, ProgramState], slug: str, entry: Entry, at: datetime, *, own: bool, invited: bool
) -> list[Decided]:
    """One user is enrolled, by an organiser or by themselves."""
    state = _enrollable(states, slug)
    try:
        entry = replace(entry, user=read_user(entry.user))
    except InvalidInput as error:
        raise EnrolmentRefused("invalid_user", str(error)) from error
    if own:
        if state.program.visibility is Visibility.PRIVATE and not invited:
            raise EnrolmentRefused("private", f"{slug} is private; its organisers enrol who takes part")
        if any(entry.user == one.user and _is_in(one, at) for one in state.program.participants):
            return []
        if at >= state.program.end:
            raise EnrolmentRefused("ended", f"{slug} has ended; its organisers can still enrol you, and it counts back")
    return effective(state, [_joined(entry)])


def _enrollable(states: Mapping[str, ProgramState], slug: str) -> ProgramState:
    try:
        state = existing(states, slug)
    except InvalidInput as error:
        raise EnrolmentRefused("no_such_program", str(error)) from error
    if state.status is not Status.ACTIVE:
        raise EnrolmentRefused(str(state.status), f"{slug} {fate(state)}")
    return state


def _is_in(participant: Participant, at: datetime) -> bool:
    return any(one.until is None or one.until > at for one in participant.periods)


def _joined(entry: Entry) -> Joined:
    return Joined(entry.user, entry.team.strip(), entry.since)


def decide_enrol(states: Mapping[str, ProgramState], slug: str, roster: Roster, reason: str) -> list[Decided]:
    """All users of a list are enrolled."""
    state = _enrollable(states, slug)
    if roster.problems:
        raise InvalidPrograms(roster.problems)
    if not roster.entries:
        raise InvalidInput("the list names nobody")
    return effective(state, map(_joined, roster.entries), reason)


def decide_leave(
    states: Mapping[str, ProgramState], slug: str, user: str, at: datetime | None, reason: str
) -> list[Decided]:
    """One user is a member no more from a time on, or never was."""
    return effective(active(states, slug), [Left(read_user(user), at)], reason)


def decide_merge(states: Mapping[str, ProgramState], slug: str, into: str, reason: str) -> list[Decided]:
    """Who was in one program is in another, and the one ends."""
    if slug == into:
        raise InvalidInput(f"{slug} cannot be merged into itself")
    source = existing(states, slug)
    if source.status is Status.MERGED and source.merged_into == into:
        return []
    source, target = active(states, slug), active(states, into)
    teams = {one.user: one.team for one in target.program.participants}
    changes = (
        change
        for one in source.program.participants
        for change in _brought(one, team="" if teams.get(one.user) else one.team)
    )
    return [*effective(target, changes, reason), Decided(slug, Merged(into), reason)]


def _brought(one: Participant, team: str) -> Iterator[Change]:
    """What makes a participant of one program one of another."""
    for period in one.periods:
        yield Joined(one.user, team, period.since, period.until)
    if one.hidden:
        yield NameHidden(one.user)
    for page in one.pages:
        yield PageAssigned(one.user, page)


def receipts(state: ProgramState, users: Sequence[str], events: Sequence[NewEvent]) -> list[Enrolment]:
    """For users who were to be enrolled: from the state after it and the events that came of it."""
    slug = state.program.slug
    made = {one.change.user: one for one in events if one.program == slug and isinstance(one.change, Joined)}
    participants = {one.user: one for one in state.program.participants}
    organisers = set(state.program.organisers)
    return [
        Enrolment(
            program=slug,
            user=user,
            event_id=made[user].event_id if user in made else None,
            since=_since(participants.get(user)),
            already=user not in made,
            note="organiser" if user in organisers else "",
        )
        for user in map(read_user, users)
    ]


def _since(participant: Participant | None) -> datetime | None:
    periods = participant.periods if participant else ()
    return (periods or (Period(),))[0].since
