"""Forgetting a person: what is left of facts, decisions and definitions when they are in none of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from processors.facts.facts import Categorized, Fact, Logged, PageChanged, PageMoved, UserCreated, UserRenamed
from processors.facts.titles import namespaces_for
from processors.folds.people import People
from processors.privacy.hiding import nameless

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(2106, 1, 1, tzinfo=UTC)
_USER_NAMESPACES = (2, 3)


class Alias(NamedTuple):
    """A name and when it was theirs: what was done under it in `(since, until]`. Before and after it is another's."""

    user: str
    since: datetime = BEGINNING
    until: datetime = END
    shared: bool = False
    """Somebody else took the name later."""


def aliases(renames: Iterable[UserRenamed], name: str) -> tuple[Alias, ...]:
    """Every name of whoever is called `name` now."""
    people = People()
    steps: dict[str, set[datetime]] = {}
    taken: dict[str, set[datetime]] = {}
    for fact in renames:
        people.add(fact)
        steps.setdefault(fact.old, set()).add(fact.occurred_at)
        taken.setdefault(fact.new, set()).add(fact.occurred_at)
    found = [Alias(name, max(steps.get(name, {BEGINNING})))]
    for former in sorted(people.names(name)):
        since = BEGINNING
        for until in sorted(steps.get(former, ())):
            if people.current(former, until) == name:
                shared = any(people.current(former, at) != name for at in taken.get(former, ()))
                found.append(Alias(former, since, until, shared))
            since = until
    return tuple(found)


def instead_of(number: int) -> str:
    """What stands where the name of the `number`th person was."""
    return f"(forgotten {number})"


@dataclass(frozen=True, slots=True)
class Forgetting:
    """One person, and what stands for them from now on."""

    aliases: tuple[Alias, ...]
    instead: str

    @property
    def names(self) -> frozenset[str]:
        return frozenset(one.user for one in self.aliases)

    @property
    def own(self) -> frozenset[str]:
        """Those that nobody else has."""
        return frozenset(one.user for one in self.aliases if not one.shared)

    def was(self, user: str | None, at: datetime) -> bool:
        """Whether whoever had that name at that time is the person."""
        return any(one.user == user and one.since < at <= one.until for one in self.aliases)

    def fact(self, fact: Fact) -> Fact | None:
        """The fact without the person; None where it is about nothing else. Renamings stay: see `renaming`."""
        at = fact.occurred_at
        if isinstance(fact, UserRenamed):
            return fact
        if isinstance(fact, UserCreated) and self.was(fact.created_user, at):
            return None
        if self.was(fact.user, at):
            fact = nameless(fact)
        fact = replace(fact, title=self._title(fact.wiki, fact.title, at), comment=self._comment(fact.comment, at))
        match fact:
            case Categorized(page=str(page)):
                return replace(fact, page=self._title(fact.wiki, page, at))
            case PageChanged(prior_title=str(prior)):
                return replace(fact, prior_title=self._title(fact.wiki, prior, at))
            case PageMoved():
                fact = replace(fact, target=self._title(fact.wiki, fact.target, at))
        return replace(fact, params=self._params(fact, at)) if isinstance(fact, Logged) else fact

    def renaming(self, fact: Fact) -> Fact | None:
        """None for a renaming of the person. It goes last: what tells all their names."""
        if isinstance(fact, UserRenamed) and self.was(fact.old, fact.occurred_at):
            return None
        return fact

    def _current_names(self, at: datetime) -> list[str]:
        return [one.user for one in self.aliases if one.since < at <= one.until]

    def _title(self, wiki: str, title: str, at: datetime) -> str:
        for name in self._current_names(at):
            title = user_page(wiki, title, name, self.instead)
        return title

    def _comment(self, comment: str, at: datetime) -> str:
        """Only where it links to the person: a word may be somebody's name and a word."""
        for name in self._current_names(at):
            text = re.escape(name).replace(r"\ ", "[ _]")
            comment = re.sub(rf"(?<=[:/]){text}(?=[\]|/#])", self.instead, comment)
            comment = re.sub(rf"(?<=\|){text}(?=\]\])", self.instead, comment)
        return comment

    def _params(self, fact: Logged, at: datetime) -> str:
        if not fact.params or not any(name in fact.params for name in self._current_names(at)):
            return fact.params
        return orjson.dumps(self._value(fact.wiki, orjson.loads(fact.params), at)).decode()

    def _value(self, wiki: str, value: Any, at: datetime) -> Any:
        match value:
            case str():
                return self.instead if self.was(value, at) else self._title(wiki, value, at)
            case list():
                return [self._value(wiki, one, at) for one in value]
            case dict():
                return {key: self._value(wiki, one, at) for key, one in value.items()}
        return value


def user_page(wiki: str, title: str, name: str, instead: str) -> str:
    """The title, if it is of the user's own or talk page or below one, with another name; else as it is."""
    prefix, colon, rest = title.partition(":")
    theirs = bool(colon) and (rest == name or rest.startswith(f"{name}/"))
    if theirs and namespaces_for(wiki).namespace_of(title) in _USER_NAMESPACES:
        return f"{prefix}:{instead}{rest[len(name) :]}"
    return title
