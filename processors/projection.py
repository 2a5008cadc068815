"""From facts to contributions: what every edit counts for, given all that is known now.

`Projector` holds the state that judging needs (where pages went, who is in which category). Its outcome
for an edit is a function of the set of facts absorbed, whatever their order, batching or repetition; so a
late fact needs no special care: judge again the edits of the pages it touches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from processors.categories import Categories
from processors.facts import Categorized, Edit, Fact, PageDeleted, PageMoved, PageRestored, RevisionsHidden
from processors.index import ProgramIndex
from processors.judge import CompiledProgram, Context, Verdict, judge
from processors.pages import PageLog
from processors.programs import Program
from processors.titles import Namespaces, namespaces_for


class PageRef(NamedTuple):
    """A title of a wiki: a slice of the log to judge again."""

    wiki: str
    title: str


class CategoryRef(NamedTuple):
    """A category whose earlier events are wanted from the log."""

    wiki: str
    category: str


@dataclass(frozen=True, slots=True)
class Contribution:
    """An edit in a program's books, with its verdict. (program, wiki, rev_id) identifies it."""

    program: str
    wiki: str
    rev_id: int
    user: str
    verdict: Verdict
    occurred_at: datetime
    title: str
    """Where the page is now."""
    namespace: int
    byte_delta: int | None
    """None where the wiki did not say: credits nothing."""
    created: bool
    """The first revision of a page that is in a content namespace now."""


PAGE_FACTS = (PageMoved, PageDeleted, PageRestored, RevisionsHidden)
"""The facts that `PageLog` folds."""


class _WikiState:
    """What is known of one tracked wiki."""

    __slots__ = ("categories", "log", "namespaces")

    def __init__(self, wiki: str) -> None:
        self.log = PageLog()
        self.namespaces: Namespaces = namespaces_for(wiki)
        self.categories = Categories(self.namespaces, self.log)


class Projector:
    """Judges edits for a set of programs."""

    def __init__(self, programs: Iterable[Program]) -> None:
        self.index = ProgramIndex(programs)
        self._wikis: dict[str, _WikiState] = {}
        for scope in self.index.category_scopes():
            self._state(scope.wiki).categories.track(scope.category, scope.depth)

    def _state(self, wiki: str) -> _WikiState:
        state = self._wikis.get(wiki)
        if state is None:
            state = self._wikis[wiki] = _WikiState(wiki)
        return state

    @property
    def wanted(self) -> frozenset[CategoryRef]:
        """Categories followed from now on: absorb their earlier events, say `recalled`, then judge."""
        return frozenset(
            CategoryRef(wiki, category) for wiki, state in self._wikis.items() for category in state.categories.wanted
        )

    def recalled(self, categories: Iterable[CategoryRef]) -> None:
        """Say that the earlier events of these categories have been absorbed."""
        for wiki, category in categories:
            self._state(wiki).categories.recalled(category)

    def absorb(self, facts: Iterable[Fact]) -> set[PageRef]:
        """Take facts in, in any order; return the pages whose edits have to be judged again.

        Edits themselves leave nothing behind but the names of namespaces.
        """
        touched: set[PageRef] = set()
        for fact in facts:
            if not self.index.tracks_wiki(fact.wiki):
                continue
            state = self._state(fact.wiki)
            if isinstance(fact, Edit):
                touched |= self.learn_namespace(fact.wiki, fact.namespace, fact.title)
            elif isinstance(fact, Categorized):
                touched |= {PageRef(fact.wiki, title) for title in state.categories.add(fact)}
            elif isinstance(fact, PAGE_FACTS):
                touched |= {PageRef(fact.wiki, title) for title in self._concerned(state, state.log.add(fact))}
        return touched

    @staticmethod
    def _concerned(state: _WikiState, titles: Iterable[str]) -> Iterable[str]:
        """`titles`, and where categories decide, those of the pages on their other sides too."""
        if not state.categories.followed:
            return titles
        return {companion for title in titles for companion in state.categories.companions(title)}

    def learn_namespace(self, wiki: str, namespace: int, title: str) -> set[PageRef]:
        """Learn a namespace's name from a title in it; return the pages to judge again, as `absorb` does."""
        if not self.index.tracks_wiki(wiki):
            return set()
        state = self._state(wiki)
        return self._renamed(wiki, state, title) if state.namespaces.learn(namespace, title) else set()

    def _renamed(self, wiki: str, state: _WikiState, title: str) -> set[PageRef]:
        """Pages moved into a namespace whose name has only just been learned."""
        prefix = title.partition(":")[0] + ":"
        return {PageRef(wiki, origin) for origin in state.log.origins_under(prefix)}

    def judge(self, edits: Iterable[Edit]) -> Iterator[Contribution]:
        """Yield an edit's entry in the books of each program that it is a candidate of; none is normal."""
        for edit in edits:
            user = edit.user
            if user is None or not self.index.tracks_wiki(edit.wiki):
                continue
            candidates = self._candidates(edit, user)
            if not candidates:
                continue
            state = self._state(edit.wiki)
            location = state.log.locate(edit.title, edit.order)
            moved = location.title != edit.title
            namespace = state.namespaces.namespace_of(location.title) if moved else edit.namespace
            subject = state.namespaces.subject(location.title)
            context = Context(
                title=location.title,
                subject=subject,
                subject_at_edit=state.namespaces.subject(edit.title) if moved else subject,
                namespace=namespace,
                live=location.live,
                hidden=state.log.hidden(edit.rev_id),
            )
            for compiled in candidates:
                yield self._entry(edit, user, compiled, context, state)

    def _entry(
        self, edit: Edit, user: str, compiled: CompiledProgram, context: Context, state: _WikiState
    ) -> Contribution:
        if compiled.categories:
            context = Context(
                title=context.title,
                subject=context.subject,
                subject_at_edit=context.subject_at_edit,
                namespace=context.namespace,
                live=context.live,
                hidden=context.hidden,
                categories=frozenset(
                    scope
                    for scope in compiled.categories
                    if scope.wiki == edit.wiki
                    and state.categories.holds(scope, edit.title, edit.order, compiled.program.membership)
                ),
            )
        return Contribution(
            program=compiled.program.slug,
            wiki=edit.wiki,
            rev_id=edit.rev_id,
            user=user,
            verdict=judge(edit, compiled, context),
            occurred_at=edit.occurred_at,
            title=context.title,
            namespace=context.namespace,
            byte_delta=edit.byte_delta,
            created=edit.created and is_content(edit.wiki, context.namespace),
        )

    def _candidates(self, edit: Edit, user: str) -> list[CompiledProgram]:
        """Programs whose books the edit is kept in. More facts may add some but never take one away."""
        index = self.index
        numbers = {*index.enrolled(user), *index.open_on(edit.wiki, edit.occurred_at.date())}
        if index.has_open_lists:
            state = self._state(edit.wiki)
            titles = state.log.relatives(edit.title)
            numbers.update(index.open_for_titles({*titles, *map(state.namespaces.subject, titles)}))
        if index.has_open_categories:
            categories = self._state(edit.wiki).categories.ever_in(edit.title)
            numbers.update(index.open_for_categories(edit.wiki, categories))
        return [one for number in sorted(numbers) if (one := index.compiled[number]).candidate(edit)]


def is_content(wiki: str, namespace: int) -> bool:
    """Whether pages of the namespace are what readers come for.

    Articles everywhere; files on Commons; properties and lexemes on Wikidata; on Wikisource and its
    sisters the even extension namespaces up to 114 (Author, Page, Index, Appendix, …). On Wikipedia those
    are portals and books, which are not.
    """
    if namespace == 0:
        return True
    if wiki == "commons.wikimedia.org":
        return namespace == 6
    if wiki == "www.wikidata.org":
        return namespace in (120, 146)
    return 100 <= namespace <= 114 and namespace % 2 == 0 and not wiki.endswith(".wikipedia.org")
