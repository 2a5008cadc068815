"""Pseudonyms: how those who hide their names are shown, in every form that an answer has.

`Participant 3` is the third who was ever enrolled; `Contributor 2` the second who did something in a program that
counts people who are not enrolled. Neither can be told from the name, and neither changes when others come or go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from processors.numbers.numbers import Standing
from processors.programs.drafts import Draft
from processors.programs.events import Changed, Defined, Joined, NameHidden, NewEvent
from processors.programs.program import Participant, Program

ENROLLED, NOT_ENROLLED = "Participant", "Contributor"


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody who was ever enrolled in a program, the first one first: a fold over its events."""

    enrolled: tuple[str, ...] = ()
    ever_hidden: frozenset[str] = frozenset()
    version: int = 0
    """Of the program, after the last event."""

    def after(self, events: Iterable[NewEvent]) -> Roster:
        """The roster after further events of the program."""
        places = dict.fromkeys(self.enrolled)
        hidden, version = set(self.ever_hidden), self.version
        for event in events:
            version = event.version
            for one in _named(event):
                places.setdefault(one.user)
                if one.hidden:
                    hidden.add(one.user)
        return Roster(tuple(places), frozenset(hidden), version)

    def hidden(self, program: Program) -> frozenset[str]:
        """Who hides their name in the program as it is now, or did when they were last in it."""
        now = {one.user: one.hidden for one in program.participants}
        return frozenset({user for user, hidden in now.items() if hidden} | (self.ever_hidden - now.keys()))


def _named(event: NewEvent) -> Iterable[Participant]:
    match event.change:
        case Defined(definition) | Changed(definition):
            return Draft.read(definition, event).written.participants
        case Joined(user):
            return [Participant(user)]
        case NameHidden(user, hidden):
            return [Participant(user, hidden=hidden)]
    return ()


def all_hidden(program: Program, now: datetime) -> bool:
    """Whether the program has been over for so long that nobody is named any more."""
    days = program.hide_names_after_days
    return days is not None and program.end + timedelta(days=days) <= now


@dataclass(frozen=True, slots=True)
class Masks:
    """Who is shown as what."""

    names: Mapping[str, str] = field(default_factory=dict)
    """Pseudonyms by name; who is not in it is shown by name."""
    everyone: bool = False
    """Nobody is shown by name, known or not."""

    def __bool__(self) -> bool:
        return self.everyone or bool(self.names)

    def of(self, names: Collection[str]) -> str | None:
        """The pseudonym of whoever has had these names; None: they are shown by name."""
        found = min((self.names[name] for name in names if name in self.names), key=_place, default=None)
        return found or (NOT_ENROLLED if self.everyone else None)


def masks(
    rosters: Iterable[tuple[Sequence[str], Collection[str]]],
    contributors: Iterable[str] = (),
    *,
    everyone: bool = False,
) -> Masks:
    """The masks of a program, or of several that are shown as one.

    Args:
        rosters: who was ever enrolled, and who of them is hidden.
        contributors: everybody who did something, the first one first, where those who are not enrolled are hidden.
    """
    places: dict[str, str] = {}
    hidden: set[str] = set()
    for enrolled, hiding in rosters:
        hidden.update(hiding)
        for user in enrolled:
            places.setdefault(user, f"{ENROLLED} {len(places) + 1}")
    names = {user: place for user, place in places.items() if user in hidden}
    numbered = enumerate(dict.fromkeys(contributors), start=1)
    names |= {user: f"{NOT_ENROLLED} {number}" for number, user in numbered if user not in places}
    return Masks(names, everyone)


def masked(standing: Standing, pseudonym: str | None) -> Standing:
    """The standing under a pseudonym; its numbers stay."""
    if pseudonym is None:
        return standing
    return replace(standing, user=pseudonym, hidden=True, last_edit_at=None)


def _place(pseudonym: str) -> tuple[bool, int]:
    word, _, number = pseudonym.partition(" ")
    return word == NOT_ENROLLED, int(number)
