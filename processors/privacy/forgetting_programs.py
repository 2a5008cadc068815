"""Forgetting a person in what was decided about programs: a name that nobody has stands where theirs was."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from processors.privacy.forgetting import Forgetting, user_page
from processors.programs.definitions import dump_programs
from processors.programs.drafts import Draft
from processors.programs.events import (
    AlertMuted,
    AlertUnmuted,
    Change,
    Changed,
    Defined,
    Joined,
    Left,
    NameHidden,
    PageAssigned,
    PageExcluded,
    PageIncluded,
    PageUnassigned,
    ProgramEvent,
    TeamSet,
    UserExcluded,
    UserIncluded,
)
from processors.programs.program import Page, Participant, PrefixScope, Program, Scope, TitlesScope

_OfUser = Joined | Left | TeamSet | NameHidden | PageAssigned | PageUnassigned | UserExcluded | UserIncluded
_OfPage = PageAssigned | PageUnassigned | PageExcluded | PageIncluded
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class ForgettingIn:
    """A person as a program that starts at a time knows them: a listed name means whoever had it then."""

    forgetting: Forgetting
    start: datetime
    wikis: tuple[str, ...]

    def event(self, event: ProgramEvent) -> ProgramEvent:
        """The event without the person: in what was decided, by whom, and why."""
        return replace(
            event,
            change=self._change(event),
            actor=self._name(event.actor, event.recorded_at),
            reason=self._text(event.reason),
        )

    def _change(self, event: ProgramEvent) -> Change:
        change = event.change
        if isinstance(change, Defined | Changed):
            before = Draft.read(change.definition, event).written
            after = self.program(before)
            return change if after == before else replace(change, definition=dump_programs([after]))
        if isinstance(change, _OfPage):
            change = replace(change, page=self._page(change.page))
        if isinstance(change, AlertMuted | AlertUnmuted) and change.page is not None:
            change = replace(change, page=self._page(change.page))
        if isinstance(change, _OfUser):
            change = replace(change, user=self._name(change.user, event.recorded_at))
        return change

    def program(self, program: Program) -> Program:
        """The program without the person."""
        exclude = program.exclude
        return replace(
            program,
            participants=_once(map(self._participant, program.participants), lambda one: one.user),
            organisers=_once((self._name(one) for one in program.organisers), str),
            scope=None if program.scope is None else tuple(map(self._scope, program.scope)),
            outside=tuple(map(self._scope, program.outside)),
            exclude=replace(
                exclude,
                users=_once((replace(one, user=self._name(one.user)) for one in exclude.users), lambda one: one.user),
                titles=tuple(replace(one, page=self._page(one.page)) for one in exclude.titles),
            ),
        )

    def _participant(self, one: Participant) -> Participant:
        return replace(one, user=self._name(one.user), pages=tuple(map(self._page, one.pages)))

    def _scope(self, scope: Scope) -> Scope:
        match scope:
            case TitlesScope(titles, wiki):
                return replace(scope, titles=frozenset(self._title(wiki, one) for one in titles))
            case PrefixScope(prefix, wiki):
                return replace(scope, prefix=self._title(wiki, prefix))
        return scope

    def _page(self, page: Page) -> Page:
        return replace(page, title=self._title(page.wiki, page.title))

    def _title(self, wiki: str, title: str) -> str:
        for server in (wiki, *self.wikis, "en.wikipedia.org"):
            for name in self.forgetting.own:
                title = user_page(server, title, name, self.forgetting.instead)
        return title

    def _name(self, user: str, at: datetime | None = None) -> str:
        known = self.forgetting.was(user, self.start) or (at is not None and self.forgetting.was(user, at))
        return self.forgetting.instead if known else user

    def _text(self, text: str) -> str:
        for name in self.forgetting.own:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", self.forgetting.instead, text)
        return text


def _once(items: Iterable[_Item], key: Callable[[_Item], str]) -> tuple[_Item, ...]:
    """The first of those that are the same now."""
    found: dict[str, _Item] = {}
    for one in items:
        found.setdefault(key(one), one)
    return tuple(found.values())
