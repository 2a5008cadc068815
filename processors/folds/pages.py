"""Where pages went: titles followed through a wiki's move, delete and restore logs.

recentchange gives no page id, so a page is the chain of titles it had. The log is kept as a set of facts
sorted as they happened; every answer depends on the set alone, never on the order of arrival.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from processors.facts.facts import Fact, Order, PageDeleted, PageMoved, PageRestored


class _Kind(IntEnum):
    MOVED_AWAY = 0
    DELETED = 1
    RESTORED = 2
    ARRIVED = 3


class _Step(NamedTuple):
    """One thing that happened at a title."""

    order: Order
    kind: _Kind
    other: str
    """Where the page went to or came from; "" for deletions and restorations."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a revision is to be found now. `live` is false while its page is deleted."""

    title: str
    live: bool


class Stay(NamedTuple):
    """A title that a page had, from `since` (None: its beginning) until `until` (None: still there)."""

    title: str
    since: Order | None
    until: Order | None

    def covers(self, order: Order) -> bool:
        """Whether something that happened at `title` at `order` happened to this page."""
        return (self.since is None or self.since <= order) and (self.until is None or order <= self.until)


class PageLog:
    """The page history of one wiki, as far as logs tell it."""

    def __init__(self) -> None:
        self._steps: dict[str, list[_Step]] = {}
        self._sources: defaultdict[str, set[str]] = defaultdict(set)
        self._targets: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, fact: Fact) -> frozenset[str]:
        """Take a fact in; return the titles whose edits it may touch (empty: none).

        Adding a fact twice changes nothing but returns the same titles again.
        """
        match fact:
            case PageMoved():
                if fact.over_redirect:
                    self._insert(fact.target, _Step(fact.order, _Kind.DELETED, ""))
                self._insert(fact.title, _Step(fact.order, _Kind.MOVED_AWAY, fact.target))
                self._insert(fact.target, _Step(fact.order, _Kind.ARRIVED, fact.title))
                self._sources[fact.target].add(fact.title)
                self._targets[fact.title].add(fact.target)
                return self.relatives(fact.title) | self.relatives(fact.target)
            case PageDeleted():
                self._insert(fact.title, _Step(fact.order, _Kind.DELETED, ""))
                return self.origins(fact.title)
            case PageRestored():
                self._insert(fact.title, _Step(fact.order, _Kind.RESTORED, ""))
                return self.origins(fact.title)
        return frozenset()

    def _insert(self, title: str, step: _Step) -> None:
        steps = self._steps.setdefault(title, [])
        place = bisect_left(steps, step)
        if place == len(steps) or steps[place] != step:
            insort(steps, step)

    def origins(self, title: str) -> frozenset[str]:
        """`title` and every title from which a page may have come to it, through any number of moves."""
        return _closure(title, self._sources)

    def relatives(self, title: str) -> frozenset[str]:
        """Every title that a page which was ever at `title` may have had, before or after."""
        return frozenset().union(*(self.origins(later) for later in _closure(title, self._targets)))

    def origins_under(self, prefix: str) -> frozenset[str]:
        """Every title from which a page came to a title that starts with `prefix`."""
        return frozenset().union(*(self.origins(title) for title in self._sources if title.startswith(prefix)))

    def locate(self, title: str, order: Order) -> Location:
        """Follow the revision made at `title` at `order` to where it is now."""
        steps = self._steps.get(title)
        if not steps:
            return Location(title, True)
        live = True
        place = _after(steps, order)
        while place < len(steps):
            step = steps[place]
            place += 1
            if not live:
                live = step.kind is _Kind.RESTORED
            elif step.kind is _Kind.DELETED:
                live = False
            elif step.kind is _Kind.MOVED_AWAY:
                title = step.other
                steps = self._steps[title]
                place = _after(steps, step.order)
        return Location(title, live)

    def stays(self, title: str, order: Order) -> list[Stay]:
        """Every title that the page at `title` at `order` had or was to have, oldest first."""
        if title not in self._steps:
            return [Stay(title, None, None)]
        past: list[Stay] = []
        since, came_from = self._arrival(title, order)
        departure, went_to = self._departure(title, order)
        here = Stay(title, since, departure)
        while came_from and since is not None and len(past) < _MOST_MOVES:
            until, former = since, came_from
            since, came_from = self._arrival(former, until)
            past.append(Stay(former, since, until))
        stays = [*reversed(past), here]
        while went_to and departure is not None and len(stays) < _MOST_MOVES:
            since, later = departure, went_to
            departure, went_to = self._departure(later, since)
            stays.append(Stay(later, since, departure))
        return stays

    def _arrival(self, title: str, order: Order) -> tuple[Order | None, str]:
        """Since when the page that was at `title` at `order` was there, and from where it came ("": made there)."""
        steps = self._steps.get(title, [])
        restored = False
        for step in reversed(steps[: _after(steps, order)]):
            if step.kind is _Kind.ARRIVED:
                return step.order, step.other
            if step.kind is _Kind.RESTORED:
                restored = True
            elif step.order < order:
                if step.kind is _Kind.MOVED_AWAY or not restored:
                    return step.order, ""
                restored = False
        return None, ""

    def _departure(self, title: str, order: Order) -> tuple[Order | None, str]:
        """When the page that was at `title` at `order` left for good, and where to ("": deleted)."""
        steps = self._steps.get(title, [])
        deleted: Order | None = None
        for step in steps[_after(steps, order) :]:
            if deleted is not None:
                deleted = None if step.kind is _Kind.RESTORED else deleted
            elif step.kind is _Kind.MOVED_AWAY:
                return step.order, step.other
            elif step.kind is _Kind.DELETED:
                deleted = step.order
        return deleted, ""


_MOST_MOVES = 100


def _order(step: _Step) -> Order:
    return step.order


def _after(steps: list[_Step], order: Order) -> int:
    return bisect_right(steps, order, key=_order)


def _closure(start: str, edges: Mapping[str, set[str]]) -> frozenset[str]:
    found = {start}
    pending = [start]
    while pending:
        for title in edges.get(pending.pop(), ()):
            if title not in found:
                found.add(title)
                pending.append(title)
    return frozenset(found)
