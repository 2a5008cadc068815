"""Stories: the signals of one page, followed through its moves, deletions and restorations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from processors.alerts.signals import Act, Signal
from processors.facts.facts import Order, PageDeleted, PageMoved, PageRestored, UserClass
from processors.folds.pages import PageLog


@dataclass(frozen=True, slots=True)
class Story:
    """What happened to one page, in order."""

    wiki: str
    title: str
    """Where the page is, or was when it was deleted."""
    titles: frozenset[str]
    """All that it had, as far as the signals tell."""
    since: datetime | None
    """Before that it was another page's title; None: as far back as is known."""
    until: datetime | None
    """When it was deleted; None: it is there."""
    signals: tuple[Signal, ...]
    """Never empty. Of one revision, what it put on before what it took off."""

    def covers(self, at: datetime) -> bool:
        """Whether what happened at that time at one of its titles may have happened to this page."""
        return (self.since is None or self.since <= at) and (self.until is None or at <= self.until)

    def title_at(self, at: datetime) -> str:
        """What the page was called at a time."""
        moves = [one for one in self.signals if one.act is Act.MOVED]
        if not moves:
            return self.title
        later = next((one for one in moves if at <= one.order.occurred_at), None)
        return later.title if later else moves[-1].target


def stories(signals: Iterable[Signal]) -> Iterator[Story]:
    """The stories of pages, from signals in any order, repeated or not.

    Of a page that was deleted for good and one that was made later at its title these are two.
    """
    logs: defaultdict[str, PageLog] = defaultdict(PageLog)
    known = {(one.wiki, one.order.event_id, one.act, one.title): one for one in signals}
    for one in known.values():
        if one.act in _LOGS:
            logs[one.wiki].add(_fact(one))
    found: defaultdict[tuple[str, str, Order | None], list[Signal]] = defaultdict(list)
    for one in known.values():
        first = logs[one.wiki].stays(one.target or one.title, one.order)[0]
        found[one.wiki, first.title, first.since].append(one)
    for (wiki, _, since), of_page in found.items():
        yield _story(wiki, since, of_page)


def _story(wiki: str, since: Order | None, found: list[Signal]) -> Story:
    # All that a revision did to categories has its time.
    began: dict[tuple[int, datetime], Order] = {}
    for one in found:
        if one.rev_id:
            began[_moment(one)] = min(began.get(_moment(one), one.order), one.order)
    by_time = sorted(found, key=lambda one: one.order)
    ordered = sorted(found, key=lambda one: (began.get(_moment(one), one.order), one.act is Act.UNTAGGED, one.order))
    last_log = next((one for one in reversed(by_time) if one.act in _LOGS), None)
    gone = last_log is not None and last_log.act is Act.DELETED
    return Story(
        wiki=wiki,
        title=by_time[-1].target or by_time[-1].title,
        titles=frozenset(title for one in found for title in one.titles),
        since=since.occurred_at if since else None,
        until=last_log.order.occurred_at if gone and last_log else None,
        signals=tuple(ordered),
    )


def _moment(signal: Signal) -> tuple[int, datetime]:
    return signal.rev_id, signal.order.occurred_at


_LOGS = frozenset({Act.DELETED, Act.RESTORED, Act.MOVED})


def _fact(signal: Signal) -> PageDeleted | PageRestored | PageMoved:
    """As much of the fact as `PageLog` reads."""
    order = signal.order
    fields: dict[str, Any] = {
        "event_id": order.event_id, "wiki": signal.wiki, "dbname": "", "occurred_at": order.occurred_at,
        "emitted_at": order.occurred_at, "rcid": order.rcid, "user": None, "user_class": UserClass.HIDDEN,
        "bot": False, "namespace": signal.namespace, "title": signal.title, "comment": "",
        "log_id": None, "log_type": "", "log_action": "", "params": "",
    }  # fmt: skip
    if signal.act is Act.MOVED:
        return PageMoved(**fields, target=signal.target, left_redirect=True, over_redirect=signal.over_redirect)
    return PageDeleted(**fields) if signal.act is Act.DELETED else PageRestored(**fields)
