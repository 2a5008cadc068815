"""Reprojection: a slice of a program's books, read from the log, judged again and compared, piece by piece.

A piece is small enough to be judged between two batches of the live stream.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from processors.facts.facts import Action
from processors.judging.affected import Affected
from processors.judging.contributions import Cause, RevisionRef, UserRef
from processors.judging.judge import CompiledProgram
from processors.judging.ledger import Change, differences, entry_key
from processors.judging.projection import Projector
from storage.clickhouse import ClickHouseStore
from storage.facts import latest

ACTIONS_OF_A_PIECE = 4000


class Range(NamedTuple):
    """Everybody from one name to another, but those who were ever renamed."""

    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Names:
    """All that was done under these names."""

    users: frozenset[str]


@dataclass(frozen=True, slots=True)
class Revisions:
    """Single edits."""

    revisions: frozenset[RevisionRef]


Piece = Range | Names | Revisions


class Reprojection:
    """One program's slice. Pieces may be judged in any order and more than once."""

    def __init__(
        self,
        store: ClickHouseStore,
        projector: Projector,
        slug: str,
        affected: Affected,
        cause: Cause,
        wikis: Iterable[str],
    ) -> None:
        self._store = store
        self._projector = projector
        self._compiled: CompiledProgram = projector.index.of(slug)
        self._cause = cause
        self._wikis = [wiki for wiki in wikis if self._compiled.tracks_wiki(wiki)]
        self.slug = slug
        self.affected = affected

    @cached_property
    def _listed(self) -> set[str] | None:
        """Every name of everybody enrolled; None: anybody may count."""
        program = self._compiled.program
        if program.open or program.hashtags:
            return None
        return set(self._names(one.user for one in program.participants))

    def _names(self, listed: Iterable[str]) -> Iterator[str]:
        people = self._projector.people
        for user in listed:
            if people.renamed(user):
                yield from people.names(people.current(user, self._compiled.start))
            yield user

    def pieces(self) -> list[Piece]:
        """The slice, cut up."""
        if not self.affected.everything:
            return self._small_pieces()
        compiled = self._compiled
        sizes: Counter[str] = Counter()
        for user, size in self._store.acting_users(compiled.start, compiled.end, self._wikis, self._listed):
            sizes[user] += size
        for user, size in self._store.entry_users(self.slug):
            sizes[user] = max(size, sizes[user])
        renamed = {user for user in sizes if self._projector.people.renamed(user)}
        pieces: list[Piece] = [Names(frozenset(self._all_names(renamed)))] if renamed else []
        return pieces + list(_ranges((user, size) for user, size in sorted(sizes.items()) if user not in renamed))

    def _small_pieces(self) -> list[Piece]:
        pieces: list[Piece] = []
        if self.affected.users:
            pieces.append(Names(frozenset(self._names(self.affected.users))))
        if self.affected.revisions:
            pieces.append(Revisions(self.affected.revisions))
        return pieces

    def _all_names(self, users: Iterable[str]) -> Iterator[str]:
        people = self._projector.people
        for user in users:
            yield from people.names(people.current(user, self._compiled.start))
            yield user

    def changes(self, piece: Piece) -> list[Change]:
        """What a piece's books have to say otherwise.

        Raises:
            StoreUnavailable: the store is away; judge the piece again.
        """
        actions = latest(self._actions(piece))
        judged = [entry for entry in self._projector.judge(actions) if entry.program == self.slug]
        match piece:
            case Range(first, last):
                renamed = self._projector.people.renamed
                known = [
                    entry for entry in self._store.entries_between(self.slug, first, last) if not renamed(entry.user)
                ]
            case Names(users):
                users |= {entry.user for entry in judged}
                known = list(self._store.entries_of_books({(self.slug, user) for user in users}))
            case Revisions():
                known = list(self._store.entries({entry_key(entry) for entry in judged}))
        return list(differences(known, judged, {}, self._cause))

    def _actions(self, piece: Piece) -> Iterator[Action]:
        compiled = self._compiled
        match piece:
            case Range(first, last):
                renamed = self._projector.people.renamed
                for action in self._store.actions_between(
                    compiled.start, compiled.end, self._wikis, self._listed, first, last
                ):
                    if action.user is not None and not renamed(action.user):
                        yield action
            case Names(users):
                refs = {UserRef(user) for user in users}
                yield from self._store.actions_of_users(refs, compiled.start, compiled.end)
            case Revisions(revisions):
                yield from self._store.actions_of_revisions(revisions)


def _ranges(users: Iterable[tuple[str, int]]) -> Iterator[Range]:
    """Neighbours by name, as many as make a piece."""
    first = last = None
    total = 0
    for user, size in users:
        if first is not None and last is not None and total + size > ACTIONS_OF_A_PIECE:
            yield Range(first, last)
            first, total = None, 0
        first, last, total = first or user, user, total + size
    if first is not None and last is not None:
        yield Range(first, last)
