"""Decisions about a program as a whole, and about what does not count in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from processors.errors import Conflict, InvalidInput
from processors.facts.wikis import nearest
from processors.programs.definition_dump import written_program
from processors.programs.definition_text import write_documents
from processors.programs.definitions import dump_programs, parse_programs
from processors.programs.drafts import Draft
from processors.programs.events import (
    Change,
    Changed,
    Defined,
    Deleted,
    Expired,
    Frozen,
    NameHidden,
    PageExcluded,
    PageIncluded,
    Restored,
    RevisionExcluded,
    RevisionIncluded,
    UserExcluded,
    UserIncluded,
)
from processors.programs.names import read_page, read_slug, read_user, read_wiki
from processors.programs.program import ExcludedPage, ExcludedRevision, ExcludedUser, Program
from processors.programs.sentences import told_since
from processors.programs.states import ProgramState, Status


@dataclass(frozen=True, slots=True)
class Decided:
    """A change of a program that is to become an event."""

    program: str
    change: Change
    reason: str = ""


def existing(states: Mapping[str, ProgramState], slug: str) -> ProgramState:
    """The program of that slug, whatever has become of it.

    Raises:
        InvalidInput: there is none.
    """
    state = states.get(slug)
    if state is None:
        close = nearest(slug, states)
        raise InvalidInput(f"there is no program {slug!r}" + (f"; did you mean {close}?" if close else ""))
    return state


def active(states: Mapping[str, ProgramState], slug: str) -> ProgramState:
    """The program of that slug.

    Raises:
        InvalidInput: there is none, or it has ended.
    """
    state = existing(states, slug)
    if not state.active:
        raise InvalidInput(f"{slug} {fate(state)}")
    return state


def fate(state: ProgramState) -> str:
    """What has become of a program that is not active, and what can be done about it."""
    match state.status:
        case Status.MERGED:
            return f"was merged into {state.merged_into}; look there, or restore it first"
        case Status.EXPIRED:
            return "has expired; give it another `expires` first"
        case _:
            return "was deleted; restore it first"


def effective(state: ProgramState, changes: Iterable[Change], reason: str = "") -> list[Decided]:
    """Those of the changes, one after the other, that change anything."""
    draft = Draft(state.program, state.written)
    slug = state.program.slug
    return [Decided(slug, change, reason) for change in changes if draft.take(change, reason)]


def decide_apply(
    states: Mapping[str, ProgramState], program: Program, version: int | None, at: datetime, reason: str
) -> list[Decided]:
    """The program as a text has it."""
    slug, state = program.slug, states.get(program.slug)
    definition = dump_programs([program])
    if state is None:
        if version is not None:
            raise Conflict(f"{slug}: the text was made from version {version}, and there is no such program")
        return [Decided(slug, Defined(definition), reason)]
    if program == (state.program if version is not None else state.written):
        return []
    revived = state.status is Status.EXPIRED and (program.expires is None or program.expires > at)
    if not state.active and not revived:
        raise InvalidInput(f"{slug} {fate(state)}")
    if version is not None and version != state.version:
        raise Conflict(f"{slug}: {told_since(state, version)}")
    changed = Decided(slug, Changed(definition, complete=version is not None), reason)
    return [changed, Decided(slug, Restored(), reason)] if revived else [changed]


_SHORT = {"start": "sessions", "end": "sessions", "wiki": "wikis"}


def decide_clone(
    states: Mapping[str, ProgramState], slug: str, new_slug: str, changes: Mapping[str, Any]
) -> list[Decided]:
    """A new program that is as another but for some keys."""
    program = existing(states, slug).program
    new_slug = read_slug(new_slug)
    if new_slug in states:
        raise InvalidInput(f"there is a program {new_slug} already")
    instead = {_SHORT.get(key, key) for key in changes}
    written = {key: value for key, value in written_program(program).items() if key not in instead}
    text = write_documents([{**written, **changes, "slug": new_slug}])
    (copy,) = parse_programs(text, source=f"copy of {slug}", known_wikis=program.wikis)
    return [Decided(new_slug, Defined(dump_programs([copy]), cloned_from=slug))]


def decide_delete(states: Mapping[str, ProgramState], slug: str, reason: str) -> list[Decided]:
    """It is gone until it is restored."""
    return [] if existing(states, slug).status is Status.DELETED else [Decided(slug, Deleted(), reason)]


def decide_restore(states: Mapping[str, ProgramState], slug: str, at: datetime, reason: str) -> list[Decided]:
    """It is active again."""
    state = existing(states, slug)
    expires = state.program.expires
    if state.status is Status.EXPIRED and expires is not None and expires <= at:
        raise InvalidInput(f"{slug} {fate(state)}")
    return [] if state.active else [Decided(slug, Restored(), reason)]


def decide_expire(states: Mapping[str, ProgramState], slug: str, at: datetime) -> list[Decided]:
    """It is gone, if it says that it is by now."""
    state = existing(states, slug)
    expires = state.program.expires
    over = state.active and expires is not None and expires <= at
    return [Decided(slug, Expired())] if over else []


def decide_freeze(
    states: Mapping[str, ProgramState], slug: str, name: str, as_of: datetime, at: datetime, reason: str
) -> list[Decided]:
    """The numbers as of a time are a result."""
    state, name = active(states, slug), name.strip()
    if not name:
        raise InvalidInput(f"{slug}: a result has a name, such as `final`")
    if as_of > at:
        raise InvalidInput(f"{slug}: {as_of.isoformat()} is yet to come; a result is as of now or earlier")
    for result in state.results:
        if result.name == name and result.as_of == as_of:
            return []
        if result.name == name:
            raise InvalidInput(
                f"{slug}: the result {name!r}, as of {result.as_of.isoformat()}, stays; take another name"
            )
    return [Decided(slug, Frozen(name, as_of), reason)]


def change_participant(
    states: Mapping[str, ProgramState], slug: str, user: str, change: Callable[[Program, str], Change]
) -> list[Decided]:
    """A change of one participant (given the program and their canonical name)."""
    state, user = active(states, slug), read_user(user)
    asked = change(state.program, user)
    names = [one.user for one in state.program.participants]
    nameable = isinstance(asked, NameHidden) and (state.program.open or state.program.hashtags)
    if user not in names and not nameable:
        close = nearest(user, names)
        raise InvalidInput(f"{user} is no participant of {slug}" + (f"; did you mean {close}?" if close else ""))
    return effective(state, [asked])


def decide_exclusion(
    states: Mapping[str, ProgramState],
    slug: str,
    what: ExcludedUser | ExcludedPage | ExcludedRevision,
    *,
    excluded: bool,
) -> list[Decided]:
    """Something counts no more, or again."""
    state = active(states, slug)
    change: Change
    match what:
        case ExcludedUser(user):
            name = read_user(user)
            change = UserExcluded(name) if excluded else UserIncluded(name)
        case ExcludedPage(page):
            page = read_page(page, state.program)
            change = PageExcluded(page) if excluded else PageIncluded(page)
        case ExcludedRevision(wiki, rev_id):
            wiki = read_wiki(wiki, state.program.wikis)
            if rev_id < 1 or "*" in wiki:
                raise InvalidInput("a revision is named by its wiki and its number, such as en.wikipedia.org 123456")
            change = RevisionExcluded(wiki, rev_id) if excluded else RevisionIncluded(wiki, rev_id)
    return effective(state, [change], what.reason.strip())
