"""What a change of a program would change in its books, in sums and examples: pure, from the differences."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappush, heappushpop
from typing import TypeVar

from processors.facts.facts import ActionKind
from processors.judging.contributions import PageRef
from processors.judging.judge import Verdict
from processors.judging.ledger import Change
from processors.programs.program import Program

MOST_EXAMPLES = 5

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Amounts:
    """Numbers of a board, or what they grow or shrink by."""

    edits: int = 0
    uploads: int = 0
    editors: int = 0
    """People with a contribution."""
    pages: int = 0
    """Pages with a contribution."""
    bytes_added: int = 0

    def __bool__(self) -> bool:
        return bool(self.edits or self.uploads)


@dataclass(frozen=True, slots=True)
class Example:
    """An action that would count, or count no more."""

    wiki: str
    title: str
    user: str
    rev_id: int
    occurred_at: datetime
    byte_delta: int | None
    before: Verdict | None
    """None: it was not looked at, since nobody asked for it."""
    after: Verdict | None
    """None: it would not be looked at any more."""


@dataclass(frozen=True, slots=True)
class Half:
    """One direction of a preview."""

    amounts: Amounts = Amounts()
    reasons: tuple[tuple[Verdict | None, int], ...] = ()
    """Why they did not count before (of what comes), or would not count (of what goes); the most frequent first."""
    examples: tuple[Example, ...] = ()
    """The largest."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change of a program would do to its numbers."""

    program: str
    now: Amounts
    """What counts as it is."""
    plus: Half
    minus: Half
    warnings: tuple[str, ...] = ()
    """What should not be so by mistake."""
    notes: tuple[str, ...] = ()

    @property
    def needs_confirmation(self) -> bool:
        """Contributions would go, or nothing could ever count."""
        return bool(self.minus.amounts or self.warnings)


def warnings(program: Program, before: Program | None = None) -> tuple[str, ...]:
    """What keeps everything from counting, unless it was so `before`."""
    if program.scope == () and (before is None or before.scope != ()):
        return ("the scope is empty: no page can count",)
    return ()


def _is_upload(change: Change) -> bool:
    return change.entry.kind is ActionKind.UPLOAD


def _after(change: Change) -> Verdict | None:
    return None if change.gone else change.entry.verdict


@dataclass(slots=True)
class _Sum:
    """One direction, while it is being added up."""

    edits: int = 0
    uploads: int = 0
    bytes_added: int = 0
    reasons: Counter[Verdict | None] = field(default_factory=Counter)
    largest: list[tuple[int, str, int, str, str, Change]] = field(default_factory=list)

    def take(self, change: Change, reason: Verdict | None) -> None:
        entry = change.entry
        size = entry.byte_delta or 0
        if _is_upload(change):
            self.uploads += 1
        else:
            self.edits += 1
            self.bytes_added += max(size, 0)
        self.reasons[reason] += 1
        item = (abs(size), entry.wiki, entry.rev_id, str(entry.kind), entry.user, change)
        if len(self.largest) < MOST_EXAMPLES:
            heappush(self.largest, item)
        else:
            heappushpop(self.largest, item)

    def half(self, editors: int, pages: int) -> Half:
        amounts = Amounts(self.edits, self.uploads, editors, pages, self.bytes_added)
        reasons = sorted(self.reasons.items(), key=lambda one: (-one[1], one[0] or ""))
        largest = sorted(self.largest, key=lambda one: one[:-1], reverse=True)
        return Half(amounts, tuple(reasons), tuple(_example(change) for *_, change in largest))


def _example(change: Change) -> Example:
    entry = change.entry
    return Example(
        wiki=entry.wiki,
        title=entry.title,
        user=entry.user,
        rev_id=entry.rev_id,
        occurred_at=entry.occurred_at,
        byte_delta=entry.byte_delta,
        before=change.before,
        after=_after(change),
    )


class Sums:
    """Adds differences up as they come; holds no more than one number for each user and page concerned."""

    def __init__(self) -> None:
        self._plus = _Sum()
        self._minus = _Sum()
        self._users: defaultdict[str, int] = defaultdict(int)
        self._pages: defaultdict[PageRef, int] = defaultdict(int)

    def take(self, changes: Iterable[Change]) -> None:
        """Add differences of a program's books."""
        for change in changes:
            after = _after(change)
            counted, counts = change.before is Verdict.COUNTED, after is Verdict.COUNTED
            if counted == counts:
                continue
            if counts:
                self._plus.take(change, change.before)
            else:
                self._minus.take(change, after)
            step = 1 if counts else -1
            self._users[change.entry.user] += step
            self._pages[PageRef(change.entry.wiki, change.entry.title)] += step

    @property
    def users(self) -> frozenset[str]:
        """Whose contributions would be others."""
        return frozenset(self._users)

    @property
    def pages(self) -> frozenset[PageRef]:
        """Pages whose contributions would be others."""
        return frozenset(self._pages)

    def halves(self, users: Mapping[str, int], pages: Mapping[PageRef, int]) -> tuple[Half, Half]:
        """What comes and what goes.

        Args:
            users, pages: how many contributions those concerned have now; none where they are not named.
        """
        new_users, gone_users = _crossing(self._users, users)
        new_pages, gone_pages = _crossing(self._pages, pages)
        return self._plus.half(new_users, new_pages), self._minus.half(gone_users, gone_pages)


def _crossing(steps: Mapping[_Key, int], now: Mapping[_Key, int]) -> tuple[int, int]:
    """How many come to have something, and how many to have nothing."""
    before = [(now.get(key, 0), now.get(key, 0) + step) for key, step in steps.items()]
    return sum(a <= 0 < b for a, b in before), sum(b <= 0 < a for a, b in before)
