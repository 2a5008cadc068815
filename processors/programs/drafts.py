"""A program while events change it: looked up by name, written out at the end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from processors.errors import InvalidPrograms
from processors.programs.definition_build import merge_periods
from processors.programs.definitions import parse_programs
from processors.programs.events import (
    Change,
    Joined,
    Left,
    NameHidden,
    NewEvent,
    PageAssigned,
    PageExcluded,
    PageIncluded,
    PageUnassigned,
    RevisionExcluded,
    RevisionIncluded,
    TeamSet,
    UserExcluded,
    UserIncluded,
)
from processors.programs.program import ExcludedPage, ExcludedRevision, ExcludedUser, Page, Participant, Period, Program

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_OfParticipant = Joined | Left | TeamSet | NameHidden | PageAssigned | PageUnassigned
_SERVER_NAMES = re.compile(r"[\w-]+(?:\.[\w-]+)+")


def joined(participant: Participant, change: Joined) -> Participant:
    """The participant, a member from `since` to `until` too."""
    empty = change.since is not None and change.until is not None and change.until <= change.since
    new = [] if empty else [Period(change.since, change.until)]
    periods = merge_periods([*participant.periods, *new])
    return replace(participant, team=change.team or participant.team, periods=periods)


def left(participant: Participant, at: datetime) -> Participant:
    """The participant, not a member any more from that time on."""
    periods = (
        Period(one.since, at if one.until is None else min(one.until, at))
        for one in participant.periods
        if one.since is None or one.since < at
    )
    return replace(participant, periods=tuple(periods))


class Draft:
    """A program's participants and exclusions by what they are, to be changed one at a time."""

    def __init__(self, program: Program, written: Program) -> None:
        self.written = written
        self._participants = {one.user: one for one in program.participants}
        self._users = {one.user: one for one in program.exclude.users}
        self._pages = {one.page: one for one in program.exclude.titles}
        self._revisions = {(one.wiki, one.rev_id): one for one in program.exclude.revisions}

    @classmethod
    def read(cls, definition: str, event: NewEvent) -> Draft:
        """The program of the definition that an event holds.

        Raises:
            InvalidPrograms: it is against today's rules.
        """
        source = f"version {event.version} in the log"
        try:
            (program,) = parse_programs(definition, source=source)
        except InvalidPrograms:
            # A wiki that only the stream names was known when it was written, and is right.
            known = _SERVER_NAMES.findall(definition.lower())
            (program,) = parse_programs(definition, source=source, known_wikis=known)
        return cls(program, program)

    def program(self) -> Program:
        """The program as it is now."""
        exclude = replace(
            self.written.exclude,
            users=tuple(self._users.values()),
            titles=tuple(self._pages.values()),
            revisions=tuple(self._revisions.values()),
        )
        return replace(self.written, participants=tuple(self._participants.values()), exclude=exclude)

    def take(self, change: Change, reason: str) -> bool:
        """Change what the change says; False if it changes nothing."""
        match change:
            case (
                Joined(user) | Left(user) | TeamSet(user) | NameHidden(user) | PageAssigned(user) | PageUnassigned(user)
            ):
                return _put(self._participants, user, self._participant(change))
            case UserExcluded(user):
                return _put(self._users, user, ExcludedUser(user, reason))
            case UserIncluded(user):
                return _put(self._users, user, None)
            case PageExcluded(page):
                return _put(self._pages, page, ExcludedPage(page, reason))
            case PageIncluded(page):
                return _put(self._pages, page, None)
            case RevisionExcluded(wiki, rev_id):
                return _put(self._revisions, (wiki, rev_id), ExcludedRevision(wiki, rev_id, reason))
            case RevisionIncluded(wiki, rev_id):
                return _put(self._revisions, (wiki, rev_id), None)
            case _:
                return False

    def _participant(self, change: _OfParticipant) -> Participant | None:
        """The change's participant after it; None: there is none."""
        known = self._participants.get(change.user)
        match change:
            case Joined(user):
                return joined(known or Participant(user, periods=()), change)
            case NameHidden(user, hidden=True) if known is None and (self.written.open or self.written.hashtags):
                # Who edits an open program is no participant, and has a name all the same.
                return Participant(user, periods=(), hidden=True)
        if known is None:
            return None
        match change:
            case Left(_, at):
                return None if at is None else left(known, at)
            case TeamSet(_, team):
                return replace(known, team=team)
            case NameHidden(_, hidden):
                return replace(known, hidden=hidden)
            case PageAssigned(_, page):
                return known if page in known.pages else replace(known, pages=(*known.pages, page))
            case PageUnassigned(_, page):
                return replace(known, pages=tuple(one for one in known.pages if one != page))
        return known

    def rewrite(self, written: Program) -> None:
        """Take a new text of the program. What only events have said stays, unless the text changes just that."""
        before = Draft(self.written, self.written)
        after = Draft(written, written)
        self._participants = {
            user: one
            for user in {**after._participants, **self._participants}
            if (one := _rewritten(before._participants, self._participants, after._participants, user)) is not None
        }
        self._users = _merged(before._users, self._users, after._users)
        self._pages = _merged(before._pages, self._pages, after._pages)
        self._revisions = _merged(before._revisions, self._revisions, after._revisions)
        self.written = written


def _put(entries: dict[_Key, _Value], key: _Key, value: _Value | None) -> bool:
    """Let `value` stand there, None: nothing; False if it did already."""
    if entries.get(key) == value:
        return False
    if value is None:
        del entries[key]
    else:
        entries[key] = value
    return True


def _merged(
    before: Mapping[_Key, _Value], now: Mapping[_Key, _Value], after: Mapping[_Key, _Value]
) -> dict[_Key, _Value]:
    """`now` with the difference between the texts `before` and `after`."""
    merged: dict[_Key, _Value] = {}
    for key, value in after.items():
        if key not in before or before[key] != value:
            merged[key] = value
        elif key in now:
            merged[key] = now[key]
    return merged | {key: value for key, value in now.items() if key not in before and key not in after}


def _rewritten(
    texts_before: Mapping[str, Participant], now: Mapping[str, Participant], texts: Mapping[str, Participant], user: str
) -> Participant | None:
    """One participant, field by field: a new team in the text neither brings back who left nor shows a hidden name."""
    text, known = texts.get(user), now.get(user)
    if text is None:
        return None if user in texts_before else known
    before = texts_before.get(user) or Participant(user, periods=())
    if known is None:
        return None if user in texts_before and text.periods == before.periods else text
    return Participant(
        user=user,
        team=known.team if text.team == before.team else text.team,
        periods=known.periods if text.periods == before.periods else text.periods,
        hidden=known.hidden if text.hidden == before.hidden else text.hidden,
        pages=tuple(_merged(_by_page(before), _by_page(known), _by_page(text))),
    )


def _by_page(participant: Participant) -> dict[Page, bool]:
    return dict.fromkeys(participant.pages, True)
