"""What an explanation is made from: an action, what the folds say of it, and the facts that brought it about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from processors.facts.facts import (
    Action,
    ActionKind,
    Categorized,
    Fact,
    PageDeleted,
    PageMoved,
    PageRestored,
    RevisionsHidden,
    RevisionTagged,
)
from processors.facts.tags import RevisionFlags, read_flags
from processors.facts.titles import namespaces_for
from processors.facts.words import clause
from processors.folds.categories import Categories
from processors.folds.pages import PageLog, Stay
from processors.judging.judge import CompiledProgram, Context
from processors.programs.program import CategoryScope, Membership, Side

_HIDES = 1 | 4


class Evidence:
    """One action and the facts of its page."""

    def __init__(self, action: Action, compiled: CompiledProgram, context: Context, facts: Iterable[Fact]) -> None:
        self.action = action
        self.compiled = compiled
        self.program = compiled.program
        self.context = context
        self.timezone = ZoneInfo(self.program.timezone)
        known = {fact.event_id: fact for fact in facts if fact.wiki == action.wiki}
        self._facts = sorted(known.values(), key=lambda fact: fact.order)
        self._log = PageLog()
        for fact in self._facts:
            self._log.add(fact)
        self._stays = self._log.stays(action.title, action.order)

    def later(self) -> Iterator[tuple[Fact, str]]:
        """What happened to the page since the action, oldest first, each with its words."""
        for fact in self._facts:
            if fact.order > self.action.order and self._concerns(fact):
                yield fact, clause(fact)

    def _concerns(self, fact: Fact) -> bool:
        match fact:
            case RevisionsHidden():
                return self._is_edit and self.action.rev_id in fact.rev_ids
            case PageMoved() | PageDeleted() | PageRestored():
                return any(stay.title == fact.title and _spans(stay, fact) for stay in self._stays)
        return False

    @property
    def _is_edit(self) -> bool:
        return self.action.kind is ActionKind.EDIT

    def deletion(self) -> Fact | None:
        """What deleted the page, where it is deleted now."""
        until = self._stays[-1].until
        return next((fact for fact in self._facts if until is not None and fact.order == until), None)

    def hiding(self) -> Fact | None:
        """What hid the revision's text or author."""
        return next(
            (
                fact
                for fact in reversed(self._facts)
                if isinstance(fact, RevisionsHidden) and self.action.rev_id in fact.rev_ids and fact.hidden & _HIDES
            ),
            None,
        )

    def tagging(self, flag: RevisionFlags) -> RevisionTagged | None:
        """What first gave the revision a tag of that meaning."""
        return next((fact for fact in self._tags() if flag & read_flags(fact.tags)), None)

    def _tags(self) -> Iterator[RevisionTagged]:
        for fact in self._facts:
            if isinstance(fact, RevisionTagged) and self._is_edit and fact.rev_id == self.action.rev_id:
                yield fact

    def redirecting(self) -> Fact | None:
        """What made the page a redirect."""
        found = [
            fact
            for fact in self._facts
            if isinstance(fact, RevisionTagged)
            and RevisionFlags.REDIRECT_NOW & read_flags(fact.tags)
            and any(stay.title == fact.title and stay.covers(fact.order) for stay in self._stays)
        ]
        return found[-1] if found else None

    def category_change(self, scope: CategoryScope) -> Categorized | None:
        """The last time that the page was put into the scope's own category or taken out of it."""
        titles = {stay.title for stay in self._stays} | {self.context.subject, self.context.subject_at_edit}
        if scope.side is Side.TALK:
            names = namespaces_for(self.action.wiki)
            titles = {names.talk(names.subject(title)) for title in titles}
        found = [
            fact
            for fact in self._facts
            if isinstance(fact, Categorized) and fact.title == scope.category and fact.page in titles
        ]
        return found[-1] if found else None

    def category_path(self, scope: CategoryScope) -> list[str]:
        """From the category that the page stands in up to the scope's own; empty where it is not known."""
        names = namespaces_for(self.action.wiki)
        categories = Categories(names, self._log)
        categories.track(scope.category, scope.depth)
        while categories.wanted:
            wanted = categories.wanted
            for fact in self._facts:
                if isinstance(fact, Categorized) and fact.title in wanted:
                    categories.add(fact)
            for one in wanted:
                categories.recalled(one)
        followed = {fact.title for fact in self._facts if isinstance(fact, Categorized)}
        return self._climb(categories, followed, self.action.title, scope, scope.depth)

    def _climb(
        self, categories: Categories, followed: set[str], title: str, scope: CategoryScope, depth: int
    ) -> list[str]:
        side = scope.side if title == self.action.title else Side.ARTICLE

        def holds(category: str) -> bool:
            one = CategoryScope(scope.wiki, category, 0, side)
            return categories.holds(one, title, self.action.order, self.program.membership)

        if holds(scope.category):
            return [scope.category]
        for category in sorted(followed - {title, scope.category}) if depth else ():
            if holds(category) and (above := self._climb(categories, followed, category, scope, depth - 1)):
                return [category, *above]
        return []

    @property
    def moved(self) -> bool:
        """Whether the page has another title now."""
        return self.context.title != self.action.title

    @property
    def looked_at(self) -> str:
        """The title that scopes look at: at the edit, or now."""
        at_edit = self.program.membership is Membership.AT_EDIT
        return self.action.title if at_edit else self.context.title


def _spans(stay: Stay, fact: Fact) -> bool:
    """Whether the page was at that title up to the fact, deleted or not."""
    return (stay.since is None or stay.since <= fact.order) and (stay.until is None or fact.order <= stay.until)
