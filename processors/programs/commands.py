"""What can be asked of programs. `decide` turns it into changes, from the states that the log adds up to.

Asking for what is so already is no error and changes nothing, so that everything may be asked twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from processors.programs.deciding import (
    Decided,
    change_participant,
    decide_apply,
    decide_clone,
    decide_delete,
    decide_exclusion,
    decide_expire,
    decide_freeze,
    decide_restore,
)
from processors.programs.deciding_alerts import Muting, decide_acknowledge, decide_mute
from processors.programs.enrolling import decide_enrol, decide_join, decide_leave, decide_merge
from processors.programs.events import NameHidden, PageAssigned, PageUnassigned, TeamSet
from processors.programs.names import read_page
from processors.programs.program import ExcludedPage, ExcludedRevision, ExcludedUser, Page, Program
from processors.programs.states import ProgramState
from processors.programs.texts import Entry, Roster


@dataclass(frozen=True, slots=True)
class Apply:
    """Let the program be as it is written."""

    program: Program
    version: int | None = None
    """The version that the text was made from: then it says all, and holds only while that is the newest."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Clone:
    slug: str
    new_slug: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Keys of a definition with what is to stand there instead."""


@dataclass(frozen=True, slots=True)
class Merge:
    """`into` gets the participants, and the program of `slug` ends."""

    slug: str
    into: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Delete:
    slug: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Restore:
    """Undo that it was deleted or merged."""

    slug: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Expire:
    """Let it be gone, if its time has come."""

    slug: str


@dataclass(frozen=True, slots=True)
class Freeze:
    slug: str
    name: str
    as_of: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """Enrol one user."""

    slug: str
    user: str
    team: str = ""
    since: datetime | None = None
    """None: it counts back to the first session."""
    own: bool = False
    """They do it themselves: not after the end, and not in a private program that they were not invited to."""
    invited: bool = False


@dataclass(frozen=True, slots=True)
class Enrol:
    """Enrol all users of a list, or none of them if it has problems."""

    slug: str
    roster: Roster
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Leave:
    slug: str
    user: str
    at: datetime | None = None
    """None: as if they had never been enrolled."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SetTeam:
    slug: str
    user: str
    team: str = ""


@dataclass(frozen=True, slots=True)
class HideName:
    """Show a pseudonym instead of the name, or the name again."""

    slug: str
    user: str
    hidden: bool = True


@dataclass(frozen=True, slots=True)
class Assign:
    """Assign a page to a participant, or take it from them."""

    slug: str
    user: str
    page: Page
    assigned: bool = True


@dataclass(frozen=True, slots=True)
class Exclude:
    """Let something count no more, for the reason that it carries; or count again."""

    slug: str
    what: ExcludedUser | ExcludedPage | ExcludedRevision
    excluded: bool = True


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Say that an alert was seen, as it is now."""

    slug: str
    alert: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Mute:
    """Let nobody be told of an alert, of a kind of them, or of those about a page; or of them again."""

    slug: str
    alert: str = ""
    kind: str = ""
    page: Page | None = None
    until: datetime | None = None
    muted: bool = True
    reason: str = ""


Command = (
    Apply
    | Clone
    | Merge
    | Delete
    | Restore
    | Expire
    | Freeze
    | Join
    | Enrol
    | Leave
    | SetTeam
    | HideName
    | Assign
    | Exclude
    | Acknowledge
    | Mute
)


def decide(states: Mapping[str, ProgramState], command: Command, at: datetime) -> list[Decided]:
    """The changes that a command leads to at a time; empty when all is so already.

    Raises:
        InvalidInput: it cannot be; the message says why, and what could.
        Conflict: it was decided from a version that is not the newest.
        EnrolmentRefused: somebody cannot be enrolled.
    """
    match command:
        case Apply(program, version, reason):
            return decide_apply(states, program, version, at, reason)
        case Clone(slug, new_slug, changes):
            return decide_clone(states, slug, new_slug, changes)
        case Merge(slug, into, reason):
            return decide_merge(states, slug, into, reason)
        case Delete(slug, reason):
            return decide_delete(states, slug, reason)
        case Restore(slug, reason):
            return decide_restore(states, slug, at, reason)
        case Expire(slug):
            return decide_expire(states, slug, at)
        case Freeze(slug, name, as_of, reason):
            return decide_freeze(states, slug, name, as_of, at, reason)
        case Join(slug, user, team, since):
            entry = Entry(user, team, since)
            return decide_join(states, slug, entry, at, own=command.own, invited=command.invited)
        case Enrol(slug, roster, reason):
            return decide_enrol(states, slug, roster, reason)
        case Leave(slug, user, left_at, reason):
            return decide_leave(states, slug, user, left_at, reason)
        case SetTeam(slug, user, team):
            return change_participant(states, slug, user, lambda _, name: TeamSet(name, team.strip()))
        case HideName(slug, user, hidden):
            return change_participant(states, slug, user, lambda _, name: NameHidden(name, hidden))
        case Assign(slug, user, page, assigned):
            kind = PageAssigned if assigned else PageUnassigned
            return change_participant(states, slug, user, lambda program, name: kind(name, read_page(page, program)))
        case Exclude(slug, what, excluded):
            return decide_exclusion(states, slug, what, excluded=excluded)
        case Acknowledge(slug, alert, reason):
            return decide_acknowledge(states, slug, alert, reason)
        case Mute():
            muting = Muting(command.alert, command.kind, command.page, command.until, muted=command.muted)
            return decide_mute(states, command.slug, muting, at, command.reason)


def due(states: Mapping[str, ProgramState], at: datetime) -> list[Expire]:
    """What is to be asked because its time has come."""
    return [Expire(slug) for slug, state in states.items() if decide_expire(states, slug, at) and state.active]
