"""The programs that alerts are for, looked up by what alerts are about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from processors.alerts.lifecycle import Tracks
from processors.facts.titles import Namespaces, namespaces_for
from processors.judging.contributions import PageRef
from processors.judging.index import ProgramIndex
from processors.programs.program import Program, TitlesScope, family_matches
from processors.programs.states import ProgramState


class KnownPrograms:
    """Active programs. Taking up a change costs as much as what changed."""

    def __init__(self) -> None:
        self._index = ProgramIndex()
        self._states: Mapping[str, ProgramState] = {}
        self._listed: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        self._names: dict[str, Namespaces] = {}

    def take_up(self, states: Mapping[str, ProgramState]) -> None:
        """Let these be the programs."""
        if states is self._states:
            return
        before, self._states = self._states, states
        for slug, state in states.items():
            if before.get(slug) is not state:
                self._drop(slug, before.get(slug))
                if state.active:
                    self._put(state.program)

    def _drop(self, slug: str, state: ProgramState | None) -> None:
        self._index.drop(slug)
        for title, wiki in _listed(state.program) if state else ():
            self._listed[title].discard((wiki, slug))

    def _put(self, program: Program) -> None:
        self._index.put(program)
        for title, wiki in _listed(program):
            self._listed[title].add((wiki, program.slug))

    def __contains__(self, slug: str) -> bool:
        return slug in self._index

    def program(self, slug: str) -> Program:
        return self._index.of(slug).program

    def all(self) -> Iterable[Program]:
        return [one.program for one in self._index.compiled.values()]

    def tracks_wiki(self, wiki: str) -> bool:
        """Whether any program counts edits of it."""
        return self._index.tracks_wiki(wiki)

    def follows(self, slug: str, wiki: str) -> bool:
        """Whether there is an active program of that slug that counts edits of that wiki."""
        return slug in self._index and self._index.of(slug).tracks_wiki(wiki)

    def listing(self, page: PageRef) -> set[str]:
        """Programs that name the page, in their scope or as somebody's task."""
        named = self._listed.get(page.title, ())
        return {
            slug
            for wiki, slug in named
            if (not wiki or family_matches(wiki, page.wiki)) and self.follows(slug, page.wiki)
        }

    def enrolling(self, user: str) -> set[str]:
        """Programs that have the user as a participant, by that name."""
        return {self._index.compiled[number].program.slug for number in self._index.enrolled(user)}

    def tracks(self, slug: str, wiki: str) -> Tracks:
        """Which namespaces of a wiki a program tracks."""
        tracked = self._index.of(slug).namespaces(wiki)
        if wiki not in self._names:
            self._names[wiki] = namespaces_for(wiki)
        names = self._names[wiki]

        def tracks(title: str, namespace: int | None) -> bool:
            return tracked is None or (names.namespace_of(title) if namespace is None else namespace) in tracked

        return tracks


def _listed(program: Program) -> Iterable[tuple[str, str]]:
    for scope in program.scope or ():
        if isinstance(scope, TitlesScope):
            yield from ((title, scope.wiki) for title in scope.titles)
    for one in program.participants:
        yield from ((page.title, page.wiki) for page in one.pages)
