"""Signals: what facts say that alerts are made of, whichever program it concerns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from processors.alerts.alerts import AlertKind
from processors.alerts.rules import WikiRules
from processors.facts.facts import (
    Categorized,
    Direction,
    Edit,
    Fact,
    Logged,
    Order,
    PageDeleted,
    PageMoved,
    PageRestored,
    UserClass,
)
from processors.facts.titles import namespaces_for


class Act(StrEnum):
    """What happened to a page, or to the user whose page it is."""

    TAGGED = "tagged"
    UNTAGGED = "untagged"
    DELETED = "deleted"
    RESTORED = "restored"
    MOVED = "moved"
    PROTECTED = "protected"
    UNPROTECTED = "unprotected"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that happened to a page. (wiki, `order.event_id`) identifies it."""

    wiki: str
    title: str
    """What the page was called; of a block, the user's page."""
    act: Act
    order: Order
    kind: AlertKind | None = None
    """Of tags."""
    user: str = ""
    """Who did it; empty: nobody with a name, or hidden."""
    rev_id: int = 0
    """The revision that did it; 0: none."""
    category: str = ""
    """Of tags that a category tells; empty: a summary told."""
    detail: str = ""
    """For people: the summary of the edit or of the log entry."""
    target: str = ""
    """Of a move: where to."""
    namespace: int = 0
    """Of `title`."""
    over_redirect: bool = False
    """Of a move: a redirect had to go for it."""

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles that it is found by."""
        return (self.title, self.target) if self.target else (self.title,)


_LOGGED = {
    ("protect", "protect"): Act.PROTECTED,
    ("protect", "modify"): Act.PROTECTED,
    ("protect", "unprotect"): Act.UNPROTECTED,
    ("block", "block"): Act.BLOCKED,
    ("block", "reblock"): Act.BLOCKED,
    ("block", "unblock"): Act.UNBLOCKED,
}


def signals(fact: Fact, rules: WikiRules) -> Iterator[Signal]:
    """What a fact says by the rules of its wiki; mostly nothing."""
    match fact:
        case Edit():
            if fact.comment and (read := _by_comment(fact, rules)):
                yield read
            if asked := _by_request(fact, rules):
                yield asked
        case Categorized():
            if read := _by_category(fact, rules):
                yield read
        case PageDeleted():
            yield _signal(fact, Act.DELETED)
        case PageRestored():
            yield _signal(fact, Act.RESTORED)
        case PageMoved():
            yield _signal(fact, Act.MOVED, target=fact.target, over_redirect=fact.over_redirect)
        case Logged():
            act = _LOGGED.get((fact.log_type, fact.log_action))
            if act is not None:
                yield _signal(fact, act)


def _by_category(fact: Categorized, rules: WikiRules) -> Signal | None:
    act = {Direction.ADDED: Act.TAGGED, Direction.REMOVED: Act.UNTAGGED}.get(fact.direction)
    kind = rules.category_kind(fact.title) if act else None
    if act is None or kind is None or not fact.page:
        return None
    return Signal(
        fact.wiki, fact.page, act, fact.order, kind, _user(fact), fact.rev_id or 0, category=fact.title
    )  # The comment is only the wiki's sentence about the category.


def _by_comment(fact: Edit, rules: WikiRules) -> Signal | None:
    rule = rules.comment_rule(fact.comment)
    if rule is None:
        return None
    act = Act.TAGGED if rules.comment_kind(fact.comment) else Act.UNTAGGED
    return Signal(
        fact.wiki, fact.title, act, fact.order, rule.kind, _user(fact), fact.rev_id,
        detail=fact.comment, namespace=fact.namespace,
    )  # fmt: skip


def _by_request(fact: Edit, rules: WikiRules) -> Signal | None:
    found = rules.request(fact.title, fact.comment, created=fact.created)
    if found is None:
        return None
    rule, page = found
    return Signal(
        fact.wiki, page, Act.TAGGED, fact.order, rule.kind, _user(fact), fact.rev_id,
        detail=fact.title, namespace=namespaces_for(fact.wiki).namespace_of(page),
    )  # fmt: skip


def _signal(fact: Logged, act: Act, *, target: str = "", over_redirect: bool = False) -> Signal:
    return Signal(
        fact.wiki, fact.title, act, fact.order, user=_user(fact), detail=fact.comment,
        target=target, namespace=fact.namespace, over_redirect=over_redirect,
    )  # fmt: skip


def _user(fact: Fact) -> str:
    return fact.user if fact.user and fact.user_class in (UserClass.NAMED, UserClass.TEMPORARY) else ""
