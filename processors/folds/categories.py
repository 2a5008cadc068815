"""Which pages are in the tracked categories of a wiki, and when: a fold over categorize events and listings.

Only categories that a program asks for are followed, and the categories found below them down to the
depth asked for. Both sides of a page are kept apart: a banner stands on the talk page, the article is
meant (`Side`).
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from processors.facts.facts import Categorized, Direction, Order
from processors.facts.titles import Namespaces
from processors.folds.pages import PageLog
from processors.programs.program import CategoryScope, Membership, Side

_CATEGORY_NAMESPACE = 14

LISTING_LAG = timedelta(minutes=10)
"""A wiki brings its lists up to date some time after an edit, and its clock is another than ours."""

_Changes = list[tuple[Order, Direction]]


class Categories:
    """Category membership on one wiki."""

    def __init__(self, namespaces: Namespaces, log: PageLog) -> None:
        self._namespaces = namespaces
        self._log = log
        self._depth: dict[str, int] = {}
        self._of_page: defaultdict[str, dict[str, _Changes]] = defaultdict(dict)
        self._pages_of: defaultdict[str, set[str]] = defaultdict(set)
        self._wanted: set[str] = set()

    def track(self, category: str, depth: int) -> None:
        """Follow `category` and, `depth` levels down, the categories in it."""
        known = self._depth.get(category)
        if known is not None and known >= depth:
            return
        self._depth[category] = depth
        if known is None:
            self._wanted.add(category)
        if depth:
            for page in list(self._pages_of.get(category, ())):
                if self._is_category(page):
                    self.track(page, depth - 1)

    @property
    def followed(self) -> bool:
        """Whether any category of this wiki decides anything."""
        return bool(self._depth)

    @property
    def wanted(self) -> frozenset[str]:
        """Categories newly followed, whose earlier events are to be read from the log and added."""
        return frozenset(self._wanted)

    def recalled(self, category: str) -> None:
        """Say that the earlier events of `category` have been added."""
        self._wanted.discard(category)

    def add(self, fact: Categorized) -> frozenset[str]:
        """Take an event in; return the titles whose edits it may touch (empty: not a followed category)."""
        depth = self._depth.get(fact.title)
        if depth is None or fact.page is None or fact.direction is Direction.UNKNOWN:
            return frozenset()
        changes = self._of_page[fact.page].setdefault(fact.title, [])
        self._pages_of[fact.title].add(fact.page)
        change = (fact.order, fact.direction)
        if change not in changes:
            insort(changes, change)
        if self._is_category(fact.page):
            if depth:
                self.track(fact.page, depth - 1)
            return frozenset().union(*(self.companions(page) for page in self._below(fact.page)))
        return self.companions(fact.page)

    def companions(self, title: str) -> frozenset[str]:
        """Every title that a page ever at `title`, or the page on its other side, may have had."""
        relatives = self._log.relatives
        found: set[str] = set()
        for one in relatives(title):
            subject = self._namespaces.subject(one)
            found |= relatives(subject) | relatives(self._namespaces.talk(subject))
        return frozenset(found)

    def _is_category(self, page: str) -> bool:
        return self._namespaces.namespace_of(page) == _CATEGORY_NAMESPACE

    def _below(self, category: str) -> Iterator[str]:
        """Pages in `category` or in followed categories under it, at any time."""
        seen = {category}
        pending = [category]
        while pending:
            for page in self._pages_of.get(pending.pop(), set()) - seen:
                seen.add(page)
                if self._is_category(page):
                    pending.append(page)
                else:
                    yield page

    def holds(self, scope: CategoryScope, title: str, order: Order, membership: Membership) -> bool:
        """Whether the page that was at `title` at `order` is in `scope` (then, or now).

        At the time of an edit means at any moment of its second: the edit that adds the category and
        the one that removes it both count.
        """
        at = order.occurred_at if membership is Membership.AT_EDIT else None
        return any(self._climb(page, order, scope.category, scope.depth, at) for page in self._sides(scope.side, title))

    def ever_in(self, title: str) -> set[str]:
        """Followed categories that a page ever at `title`, or its other side, may ever have been in, at any depth.

        Grows with every fact and never shrinks: whoever was a candidate by it stays one.
        """
        found: set[str] = set()
        pending = list(self.companions(title))
        while pending:
            for category in self._of_page.get(pending.pop(), ()):
                if category not in found:
                    found.add(category)
                    pending.append(category)
        return found

    def _sides(self, side: Side, title: str) -> tuple[str, ...]:
        subject = self._namespaces.subject(title)
        return (subject,) if side is Side.ARTICLE else (self._namespaces.talk(subject),)

    def _changes(self, page: str, order: Order) -> dict[str, _Changes]:
        """Category changes of the page that was at `page` at `order`, over all titles that it had."""
        stays = self._log.stays(page, order)
        if len(stays) == 1 and stays[0].since is None and stays[0].until is None:
            return self._of_page.get(page, {})
        merged: defaultdict[str, _Changes] = defaultdict(list)
        for stay in stays:
            for category, changes in self._of_page.get(stay.title, {}).items():
                merged[category] += [change for change in changes if stay.covers(change[0])]
        return {category: changes for category, changes in merged.items() if changes}

    def _climb(self, page: str, order: Order, target: str, depth: int, at: datetime | None) -> bool:
        inside = {category for category, history in self._changes(page, order).items() if _is_in(history, at)}
        seen: set[str] = set()
        while inside:
            if target in inside:
                return True
            if depth == 0:
                return False
            depth -= 1
            seen |= inside
            inside = {
                parent
                for category in inside
                for parent, history in self._of_page.get(category, {}).items()
                if _is_in(history, at)
            } - seen
        return False


def members(facts: Iterable[Categorized]) -> set[str]:
    """Pages that are in a category now, from what is known of it; moves are not followed."""
    histories: defaultdict[str, _Changes] = defaultdict(list)
    for fact in facts:
        if fact.page is not None and fact.direction is not Direction.UNKNOWN:
            insort(histories[fact.page], (fact.order, fact.direction))
    return {page for page, history in histories.items() if _is_in(history, None)}


def _is_in(history: _Changes, at: datetime | None) -> bool:
    """Whether the last change says "in": at the end, or at any moment of the second `at`."""
    inside = _had_been_in(history)
    out_since: datetime | None = None
    for (occurred_at, _, _), direction in history:
        if at is not None and occurred_at > at:
            break
        if direction is Direction.LISTED and out_since is not None and occurred_at - out_since <= LISTING_LAG:
            continue
        now_in = direction is not Direction.REMOVED
        if at is not None and occurred_at == at and (now_in or inside):
            return True
        inside = now_in
        out_since = None if now_in else occurred_at
    return inside


def _had_been_in(history: _Changes) -> bool:
    """Whether the page was in the category before all that is known: the first change tells.

    What is taken out or listed had been in, what is put in had not. A listing just before it was put in
    may have been behind by the clock only.
    """
    listed_at: datetime | None = None
    for (occurred_at, _, _), direction in history:
        if direction is Direction.LISTED:
            listed_at = listed_at or occurred_at
        elif direction is Direction.REMOVED:
            return True
        else:
            return listed_at is not None and occurred_at - listed_at > LISTING_LAG
    return listed_at is not None
