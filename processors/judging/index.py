"""Which programs an action may count for, at a cost that does not depend on how many programs there are.

Look-ups by user for programs with participants; by hashtag; by wiki and day for open programs; by title, prefix or
category for open programs with a scope. `judge` decides afterwards; the index only must not miss one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from datetime import date

from processors.facts.hashtags import hashtags
from processors.judging.judge import CompiledProgram
from processors.programs.program import CategoryScope, PrefixScope, Program, TitlesScope, family_matches

_NONE: tuple[int, ...] = ()
_MOST_CACHED = 100_000


class _Table(defaultdict[Hashable, set[int]]):
    """Numbers of programs by what leads to them."""

    def __init__(self) -> None:
        super().__init__(set)

    def discard(self, key: Hashable, number: int) -> None:
        """Take a number out; a key without numbers goes too."""
        self[key].discard(number)
        if not self[key]:
            del self[key]


class ProgramIndex:
    """Candidates by action. Programs are put in and dropped one by one, each at the cost of its own size."""

    def __init__(self, programs: Iterable[Program] = ()) -> None:
        self.compiled: dict[int, CompiledProgram] = {}
        self._numbers: dict[str, int] = {}
        self._last = 0
        self._by_user: dict[str, tuple[int, ...]] = {}
        self._by_hashtag = _Table()
        self._open: set[int] = set()
        self._open_titles = _Table()
        self._open_prefixes = _Table()
        self._open_categories = _Table()
        self._exact = _Table()
        self._families = _Table()
        self._prefix_lengths: list[int] | None = None
        self._tracked: dict[str, bool] = {}
        self._by_day: dict[tuple[str, date], tuple[int, ...]] = {}
        for program in programs:
            self.put(program)

    def put(self, program: Program) -> None:
        """Take a program in, in place of any other of its slug."""
        self.drop(program.slug)
        self._last += 1
        number = self._last
        one = self.compiled[number] = CompiledProgram(program)
        self._numbers[program.slug] = number
        for wiki in program.wikis:
            (self._families if wiki.startswith("*") else self._exact)[wiki].add(number)
        for key, table in self._entries(one):
            table[key].add(number)
        if program.open:
            if program.scope is None:
                self._open.add(number)
        else:
            for user in one.participants:
                self._by_user[user] = (*self._by_user.get(user, _NONE), number)
        self._changed()

    def drop(self, slug: str) -> None:
        """Forget a program."""
        number = self._numbers.pop(slug, None)
        if number is None:
            return
        one = self.compiled.pop(number)
        for wiki in one.program.wikis:
            (self._families if wiki.startswith("*") else self._exact).discard(wiki, number)
        for key, table in self._entries(one):
            table.discard(key, number)
        self._open.discard(number)
        if not one.program.open:
            for user in one.participants:
                left = tuple(other for other in self._by_user[user] if other != number)
                if left:
                    self._by_user[user] = left
                else:
                    del self._by_user[user]
        self._changed()

    def _entries(self, one: CompiledProgram) -> Iterator[tuple[Hashable, _Table]]:
        """Where a program is to be found, beside its wikis and participants: (key, table)."""
        program = one.program
        for tag in program.hashtags:
            yield tag, self._by_hashtag
        if not program.open:
            return
        for scope in program.scope or ():
            match scope:
                case CategoryScope():
                    yield (scope.wiki, scope.category), self._open_categories
                case TitlesScope():
                    for title in scope.titles:
                        yield title, self._open_titles
                case PrefixScope():
                    yield scope.prefix, self._open_prefixes

    def _changed(self) -> None:
        self._prefix_lengths = None
        self._tracked.clear()
        self._by_day.clear()

    def __contains__(self, slug: str) -> bool:
        return slug in self._numbers

    def of(self, slug: str) -> CompiledProgram:
        """The program of that slug."""
        return self.compiled[self._numbers[slug]]

    @property
    def has_open_categories(self) -> bool:
        """Whether an open program asks for a category."""
        return bool(self._open_categories)

    @property
    def has_open_lists(self) -> bool:
        """Whether an open program lists titles or prefixes."""
        return bool(self._open_titles or self._open_prefixes)

    def tracks_wiki(self, wiki: str) -> bool:
        """Whether any program counts edits of `wiki`."""
        known = self._tracked.get(wiki)
        if known is None:
            known = wiki in self._exact or any(family_matches(str(family), wiki) for family in self._families)
            self._tracked[wiki] = known
        return known

    def enrolled(self, user: str) -> tuple[int, ...]:
        """Programs that have `user` as a participant, by that name."""
        return self._by_user.get(user, _NONE)

    def hashtagged(self, comment: str) -> Iterator[int]:
        """Programs that a summary names; may repeat."""
        if self._by_hashtag:
            for tag in hashtags(comment):
                yield from self._by_hashtag.get(tag, _NONE)

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
        if self._prefix_lengths is None:
            self._prefix_lengths = sorted({len(str(prefix)) for prefix in self._open_prefixes})
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

    def naming(self, names: Iterable[str]) -> set[str]:
        """Slugs of the programs in whose books a user of these names may be."""
        numbers = {number for name in names for number in self.enrolled(name)}
        numbers.update(self._numbers[one.program.slug] for one in self.compiled.values() if one.program.open)
        numbers.update(*self._by_hashtag.values())
        return {self.compiled[number].program.slug for number in numbers}
