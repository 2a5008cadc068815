"""Who is who: accounts followed through their renames. A fold over rename logs, of all wikis together."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from processors.facts.facts import UserRenamed


class Person(NamedTuple):
    """An account: its name now, and every name that it may have had."""

    name: str
    names: frozenset[str]


_MOST_RENAMES = 100


class People:
    """The renames seen. Every answer depends on their set alone, never on the order of arrival.

    A rename is logged on meta and again on each wiki, seconds or minutes apart: whoever edits as `Ada` before the
    last of these is the one who was renamed, and whoever does so afterwards is somebody new.
    """

    def __init__(self) -> None:
        self._renames: defaultdict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._former: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, fact: UserRenamed) -> frozenset[str]:
        """Take a rename in; return every name whose edits it may touch. Adding it twice changes nothing."""
        step = fact.occurred_at, fact.new
        steps = self._renames[fact.old]
        if step not in steps:
            insort(steps, step)
        self._former[fact.new].add(fact.old)
        return self.names(self.current(fact.new, fact.occurred_at))

    def renamed(self, name: str) -> bool:
        """Whether any rename has to do with that name."""
        return name in self._renames or name in self._former

    def current(self, name: str, at: datetime) -> str:
        """What whoever was called `name` at that time is called now."""
        for _ in range(_MOST_RENAMES):
            steps = self._renames.get(name)
            place = bisect_left(steps, (at, "")) if steps else 0
            if not steps or place == len(steps):
                return name
            at, name = steps[place]
        return name

    def names(self, name: str) -> frozenset[str]:
        """Every name that whoever is called `name` now may have had."""
        found = {name}
        pending = [name]
        while pending:
            for former in self._former.get(pending.pop(), ()):
                if former not in found:
                    found.add(former)
                    pending.append(former)
        return frozenset(found)

    def person(self, name: str, at: datetime) -> Person:
        """Whoever was called `name` at that time."""
        if not self.renamed(name):
            return Person(name, frozenset((name,)))
        current = self.current(name, at)
        return Person(current, self.names(current))
