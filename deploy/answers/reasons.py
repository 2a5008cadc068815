"""The read side of explanations: `Reasons` over the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from deploy.answers.board_people import BoardPeople
from deploy.answers.explaining import Explainer, Person
from deploy.answers.quiet_evidence import quiet_evidence
from processors.facts.wikis import server_name
from processors.judging.ledger_words import told
from processors.ports.why import Fresh, LedgerPage, Sentences, Untold
from processors.privacy.disclosure import UNTOLD, may_tell
from processors.privacy.pseudonyms import Masks, all_hidden
from processors.programs.program import Program, Visibility
from processors.why.explain import Explanation
from processors.why.quiet import quiet
from processors.why.reconcile import Reconciliation
from processors.why.rules import rules
from processors.why.unseen import Unseen
from storage.clickhouse import ClickHouseStore

_Answer = TypeVar("_Answer")
_LINKED = (Visibility.PUBLIC, Visibility.UNLISTED)
_ALL = tuple(Visibility)


class StoreReasons:
    """Answers of the store, read in threads; the `read_` ones are synchronous and serve the command line.

    These see private programs too, and tell of everybody when told to with `names`.
    """

    def __init__(self, store: ClickHouseStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._people = BoardPeople(store, clock)
        self._visibilities: Sequence[Visibility] = _LINKED

    def to(self, visibilities: Collection[Visibility]) -> StoreReasons:
        """As `Reasons.to`."""
        other = copy(self)
        other._visibilities = tuple(visibilities)
        return other

    async def rules(self, slug: str) -> Fresh[Sentences] | None:
        return await asyncio.to_thread(self.read_rules, slug, self._visibilities)

    async def revision(self, slug: str, wiki: str, rev_id: int) -> Fresh[Explanation | Unseen | Untold] | None:
        return await asyncio.to_thread(self.read_revision, slug, wiki, rev_id, self._visibilities)

    async def participant(self, slug: str, user: str) -> Fresh[Reconciliation | Untold] | None:
        return await asyncio.to_thread(self.read_participant, slug, user, self._visibilities)

    async def quiet(self, slug: str) -> Fresh[Sentences] | None:
        return await asyncio.to_thread(self.read_quiet, slug, self._visibilities)

    async def ledger(
        self, slug: str, most: int, user: str = "", revision: tuple[str, int] | None = None
    ) -> Fresh[LedgerPage | Untold] | None:
        return await asyncio.to_thread(self.read_ledger, slug, most, user, revision, self._visibilities)

    def read_rules(self, slug: str, visibilities: Sequence[Visibility] = _ALL) -> Fresh[Sentences] | None:
        """As `Reasons.rules`."""
        ours = Explainer.of(self._store, slug, visibilities)
        if ours is None:
            return None
        program = ours.program
        if all_hidden(program, self._clock()):
            program = replace(program, participants=tuple(replace(one, hidden=True) for one in program.participants))
        return self._fresh(Sentences(program, tuple(rules(program))))

    def read_revision(
        self, slug: str, wiki: str, rev_id: int, visibilities: Sequence[Visibility] = _ALL, *, names: bool = False
    ) -> Fresh[Explanation | Unseen | Untold] | None:
        """As `Reasons.revision`.

        Raises:
            InvalidInput: `wiki` is none.
        """
        ours = Explainer.of(self._store, slug, visibilities)
        if ours is None:
            return None
        answer = ours.revision(self.server(wiki), rev_id)
        if isinstance(answer, Explanation) and answer.user is not None:
            masks = self._masks(ours, visibilities, names=names)
            if masks and not self._may_tell(ours, masks, ours.called(answer.user)):
                return self._fresh(Untold(UNTOLD))
        return self._fresh(answer)

    def read_participant(
        self, slug: str, user: str, visibilities: Sequence[Visibility] = _ALL, *, names: bool = False
    ) -> Fresh[Reconciliation | Untold] | None:
        """As `Reasons.participant`."""
        ours = Explainer.of(self._store, slug, visibilities)
        if ours is None:
            return None
        masks = self._masks(ours, visibilities, names=names)
        if masks and not self._may_tell(ours, masks, ours.person(user)):
            return self._fresh(Untold(UNTOLD))
        return self._fresh(ours.user(user))

    def read_quiet(self, slug: str, visibilities: Sequence[Visibility] = _ALL) -> Fresh[Sentences] | None:
        """As `Reasons.quiet`."""
        ours = Explainer.of(self._store, slug, visibilities)
        if ours is None:
            return None
        sentences = quiet(ours.program, quiet_evidence(self._store, ours, self._clock))
        return self._fresh(Sentences(ours.program, tuple(sentences)))

    def read_ledger(
        self,
        slug: str,
        most: int,
        user: str = "",
        revision: tuple[str, int] | None = None,
        visibilities: Sequence[Visibility] = _ALL,
        *,
        names: bool = False,
    ) -> Fresh[LedgerPage | Untold] | None:
        """As `Reasons.ledger`.

        Raises:
            InvalidInput: the revision's wiki is none.
        """
        ours = Explainer.of(self._store, slug, visibilities)
        if ours is None:
            return None
        masks = self._masks(ours, visibilities, names=names)
        if masks.everyone:
            return self._fresh(Untold(UNTOLD))
        lines = self._store.ledger(
            slug,
            most,
            user=ours.person(user).name if user else "",
            revision=(self.server(revision[0]), revision[1]) if revision else ("", 0),
            without=self._every_name(masks, ours.program),
        )
        causes = {line.change.cause.id for line in lines}
        facts, decisions = self._store.facts_by_id(causes), self._store.decisions(causes)
        return self._fresh(LedgerPage(ours.program, tuple(told(line, facts, decisions) for line in lines)))

    def server(self, wiki: str) -> str:
        """The server name that a wiki's name stands for.

        Raises:
            InvalidInput: it stands for none.
        """
        return server_name(wiki, self._store.wikis_seen())

    def _masks(self, ours: Explainer, visibilities: Sequence[Visibility], *, names: bool) -> Masks:
        return self._people.masks([(ours.program, ours.version)], visibilities, names=names)

    def _may_tell(self, ours: Explainer, masks: Masks, person: Person) -> bool:
        takes_part = person.participant is not None or ours.contributes(person.name)
        return may_tell(masks, person.names, takes_part=takes_part)

    def _every_name(self, masks: Masks, program: Program) -> frozenset[str]:
        """Every name of everybody who hides theirs."""
        return frozenset().union(*(self._people.names(user, program.start) for user in masks.names))

    def _fresh(self, answer: _Answer) -> Fresh[_Answer]:
        return Fresh(answer, self._store.freshness(self._clock))
