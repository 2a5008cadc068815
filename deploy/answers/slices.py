"""A slice of the log for one program: what some actions need to be judged, and no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from processors.facts.facts import Action, Fact, PageMoved
from processors.facts.titles import Namespaces, namespaces_for
from processors.folds.people import People
from processors.judging.contributions import Contribution
from processors.judging.judge import CompiledProgram, Context
from processors.judging.projection import Projector
from processors.programs.program import Program, Session
from storage.clickhouse import ClickHouseStore
from storage.fact_rows import EPOCH

# It has a projector follow the pages of every wiki; no real program has an empty slug.
_WATCHER = Program(slug="", title="", sessions=(Session(EPOCH, EPOCH),), wikis=("*",))


class SliceProjector:
    """Judges actions for one program; `prepare` reads first what the log holds of their pages."""

    def __init__(self, store: ClickHouseStore, program: Program) -> None:
        self._store = store
        self._slug = program.slug
        self._projector = Projector([_WATCHER, program])
        self._projector.absorb(store.renames())
        self._known: defaultdict[str, set[str]] = defaultdict(set)
        self._facts: list[Fact] = []
        self._names: dict[str, Namespaces] = {}
        self.compiled: CompiledProgram = self._projector.index.of(program.slug)

    @property
    def people(self) -> People:
        """Who was renamed."""
        return self._projector.people

    def prepare(self, actions: Iterable[Action]) -> list[Fact]:
        """Read and absorb what decides about these actions; return all that was read so far."""
        titles: defaultdict[str, set[str]] = defaultdict(set)
        for action in actions:
            titles[action.wiki].add(action.title)
        for wiki, some in titles.items():
            self._facts += self._prepare_wiki(wiki, some)
        return self._facts

    def _prepare_wiki(self, wiki: str, titles: set[str]) -> Iterator[Fact]:
        namespaces = self._namespaces(wiki)
        known = self._known[wiki]
        pending = self._companions(wiki, titles, namespaces) - known
        while pending:
            known |= pending
            facts = list(self._store.state_facts_of_titles(wiki, pending))
            self._projector.absorb(facts)
            yield from facts
            moves = [fact for fact in facts if isinstance(fact, PageMoved)]
            others = {title for fact in moves for title in (fact.title, fact.target)}
            pending = self._companions(wiki, others, namespaces) - known
        while wanted := {one for one in self._projector.wanted if one.wiki == wiki}:
            facts = list(self._store.categorized(wanted))
            self._projector.absorb(facts)
            self._projector.recalled(wanted)
            yield from facts

    def _namespaces(self, wiki: str) -> Namespaces:
        if wiki in self._names:
            return self._names[wiki]
        namespaces = self._names[wiki] = namespaces_for(wiki)
        for _, number, title in self._store.namespace_examples_of([wiki]):
            namespaces.learn(number, title)
            self._projector.learn_namespace(wiki, number, title)
        return namespaces

    def _companions(self, wiki: str, titles: set[str], namespaces: Namespaces) -> set[str]:
        """With their talk and subject pages, where categories decide."""
        if all(scope.wiki != wiki for scope in self.compiled.categories):
            return titles
        subjects = {namespaces.subject(title) for title in titles}
        return titles | subjects | {namespaces.talk(title) for title in subjects}

    def entry(self, action: Action) -> tuple[Contribution | None, Context]:
        """What the program makes of an action: of what was prepared, all; of others, who, when and which wiki."""
        entry, _, context = self._projector.entry(action, self._slug)
        return entry, context
