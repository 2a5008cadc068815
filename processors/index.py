"""Which programs an edit may count for, at a cost that does not depend on how many programs there are.

Look-ups by user for programs with participants; by wiki and day for open programs; by title, prefix or
category for open programs with a scope. `judge` decides afterwards; the index only must not miss one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from processors.judge import CompiledProgram
from processors.programs import CategoryScope, Program, TitlesScope, family_matches

_NONE: tuple[int, ...] = ()
_MOST_CACHED = 100_000


class ProgramIndex:
    """Candidates by edit. Build a new one when programs change; it is never altered otherwise."""

    def __init__(self, programs: Iterable[Program]) -> None:
        self.compiled: Sequence[CompiledProgram] = [CompiledProgram(program) for program in programs]
        by_user: defaultdict[str, list[int]] = defaultdict(list)
        self._open: list[int] = []
        self._open_titles: defaultdict[str, list[int]] = defaultdict(list)
        self._open_prefixes: defaultdict[str, list[int]] = defaultdict(list)
        self._open_categories: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        self._exact: defaultdict[str, list[int]] = defaultdict(list)
        self._families: list[str] = []
        families: set[str] = set()
        for number, one in enumerate(self.compiled):
            for wiki in one.program.wikis:
                if wiki.startswith("*"):
                    families.add(wiki)
                else:
                    self._exact[wiki].append(number)
            if not one.program.open:
                for user in one.participants:
                    by_user[user].append(number)
            elif one.program.scope is None:
                self._open.append(number)
            else:
                self._index_scope(number, one)
        self._families = sorted(families)
        self._by_user = {user: tuple(numbers) for user, numbers in by_user.items()}
        self._prefix_lengths = sorted({len(prefix) for prefix in self._open_prefixes})
        self._tracked: dict[str, bool] = {}
        self._by_day: dict[tuple[str, date], tuple[int, ...]] = {}
        self.has_open_categories = bool(self._open_categories)
        self.has_open_lists = bool(self._open_titles or self._open_prefixes)

    def _index_scope(self, number: int, one: CompiledProgram) -> None:
        for scope in one.program.scope or ():
            if isinstance(scope, CategoryScope):
                self._open_categories[scope.wiki, scope.category].append(number)
            elif isinstance(scope, TitlesScope):
                for title in scope.titles:
                    self._open_titles[title].append(number)
            else:
                self._open_prefixes[scope.prefix].append(number)

    def tracks_wiki(self, wiki: str) -> bool:
        """Whether any program counts edits of `wiki`."""
        known = self._tracked.get(wiki)
        if known is None:
            known = wiki in self._exact or any(family_matches(family, wiki) for family in self._families)
            self._tracked[wiki] = known
        return known

    def enrolled(self, user: str) -> tuple[int, ...]:
        """Programs that have `user` as a participant."""
        return self._by_user.get(user, _NONE)

    def open_on(self, wiki: str, day: date) -> tuple[int, ...]:
        """Open programs without a scope that run on `wiki` some time of `day` (UTC)."""
        known = self._by_day.get((wiki, day))
        if known is None:
            if len(self._by_day) >= _MOST_CACHED:
                self._by_day.clear()
            known = tuple(
                number
                for number in self._open
                if self.compiled[number].start.date() <= day <= self.compiled[number].end.date()
                and self.compiled[number].tracks_wiki(wiki)
            )
            self._by_day[wiki, day] = known
        return known

    def open_for_titles(self, titles: Iterable[str]) -> Iterator[int]:
        """Open programs whose title lists or prefixes name one of `titles`; may repeat."""
        for title in titles:
            yield from self._open_titles.get(title, _NONE)
            for length in self._prefix_lengths:
                if length > len(title):
                    break
                yield from self._open_prefixes.get(title[:length], _NONE)

    def open_for_categories(self, wiki: str, categories: Iterable[str]) -> Iterator[int]:
        """Open programs with a scope of one of `categories`; may repeat."""
        for category in categories:
            yield from self._open_categories.get((wiki, category), _NONE)

    def category_scopes(self) -> Iterator[CategoryScope]:
        """Every category scope of every program."""
        for one in self.compiled:
            yield from one.categories
