"""What became of single revisions of a wiki: hidden, reverted, made by a tool, turned into a redirect, proofread.

A fold over visibility and tag events. Each says all that holds from then on, so the newest decides; what nobody
ever said is not kept.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict

from processors.facts.facts import Order, RevisionsHidden, RevisionTagged
from processors.facts.tags import RevisionFlags, proofread_level, read_flags, relevant
from processors.folds.pages import Stay

_HIDES = 1 | 4
"""Text or user hidden: the edit can no longer be shown or credited."""
_NO_FLAGS = RevisionFlags(0)
_REDIRECTS = RevisionFlags.REDIRECT_NOW | RevisionFlags.REDIRECT_NO_MORE


class RevisionLog:
    """The revisions of one wiki, as far as events tell more of them than that they were made."""

    def __init__(self) -> None:
        self._visibility: dict[int, tuple[Order, int]] = {}
        self._flags: dict[int, tuple[Order, RevisionFlags]] = {}
        self._redirects: defaultdict[str, list[tuple[Order, bool]]] = defaultdict(list)
        self._levels: defaultdict[int, dict[int, tuple[Order, int]]] = defaultdict(dict)
        """By page, the level that each of its revisions gave it."""
        self._page_of: dict[int, int] = {}

    def hide(self, fact: RevisionsHidden) -> frozenset[int]:
        """Take a change of visibility in; return the revisions that it may touch."""
        for rev_id in fact.rev_ids:
            known = self._visibility.get(rev_id)
            if known is None or known[0] < fact.order:
                self._visibility[rev_id] = (fact.order, fact.hidden)
        return frozenset(fact.rev_ids)

    def tag(self, fact: RevisionTagged) -> frozenset[int]:
        """Take a change of tags in; return the revisions that it may touch (empty: none of these tags matter)."""
        if not relevant(fact.tags, fact.prior_tags):
            return frozenset()
        known = self._flags.get(fact.rev_id)
        if known is None or known[0] < fact.order:
            self._flags[fact.rev_id] = (fact.order, read_flags(fact.tags))
        touched = {fact.rev_id}
        level = proofread_level(fact.tags)
        if level is not None:
            touched |= self._proofread(fact, level)
        return frozenset(touched)

    def redirected(self, fact: RevisionTagged) -> bool:
        """Take in whether a revision made its page a redirect, or an ordinary page again; false when neither."""
        flags = read_flags(fact.tags) & _REDIRECTS
        if not flags:
            return False
        step = (fact.order, bool(flags & RevisionFlags.REDIRECT_NOW))
        steps = self._redirects[fact.title]
        if step not in steps:
            insort(steps, step)
        return True

    def _proofread(self, fact: RevisionTagged, level: int) -> set[int]:
        """Note a page's level; return the revision behind it, whose change of level is another one now."""
        levels = self._levels[fact.page_id]
        self._page_of[fact.rev_id] = fact.page_id
        known = levels.get(fact.rev_id)
        if known is None or known[0] < fact.order:
            levels[fact.rev_id] = (fact.order, level)
        return {min((one for one in levels if one > fact.rev_id), default=fact.rev_id)}

    def hidden(self, rev_id: int) -> bool:
        """Whether the revision's text or author is hidden now."""
        known = self._visibility.get(rev_id)
        return known is not None and bool(known[1] & _HIDES)

    def flags(self, rev_id: int) -> RevisionFlags:
        """What the revision's tags say now."""
        known = self._flags.get(rev_id)
        return known[1] if known is not None else _NO_FLAGS

    def is_redirect(self, stays: list[Stay]) -> bool:
        """Whether a page that had these stays (`PageLog.stays`) is a redirect now, as far as tags tell."""
        steps = [
            (order, is_one)
            for place, stay in enumerate(stays)
            for order, is_one in self._redirects.get(stay.title, ())
            if stay.covers(order) and not (place and is_one and _as_it_came(stay, order))
        ]
        return bool(steps) and max(steps)[1]

    @property
    def knows_redirects(self) -> bool:
        """Whether any page was ever seen to become a redirect or to stop being one."""
        return bool(self._redirects)

    def levels(self, rev_id: int) -> tuple[int, int | None] | None:
        """The proofreading level that a revision gave its page, and the one before (None: not known)."""
        page_id = self._page_of.get(rev_id)
        if page_id is None:
            return None
        levels = self._levels[page_id]
        before = max((one for one in levels if one < rev_id), default=None)
        return levels[rev_id][1], None if before is None else levels[before][1]


def _as_it_came(stay: Stay, order: Order) -> bool:
    """Whether it is of the second in which a move brought the page to the title: of the redirect that was replaced.

    Tags have no place within their second.
    """
    return stay.since is not None and stay.since.occurred_at == order.occurred_at
