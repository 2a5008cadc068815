"""Explanations over a store: of a revision, and of all that somebody did."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from functools import lru_cache

from deploy.answers.slices import SliceProjector
from processors.facts.facts import Action
from processors.facts.titles import canonical_user
from processors.facts.wikis import nearest
from processors.judging.contributions import Contribution, RevisionRef, UserRef
from processors.judging.judge import Verdict
from processors.judging.ledger import ActionKey, action_key
from processors.numbers.numbers import Metric
from processors.numbers.standings import rank
from processors.programs.definitions import parse_programs
from processors.programs.program import Participant, Program, Visibility
from processors.why.explain import Explanation, explain
from processors.why.reconcile import Reconciliation, sums, totals
from processors.why.unseen import Search, Unseen, unseen
from storage.clickhouse import ClickHouseStore
from storage.facts import latest

_APART = frozenset(
    {
        Verdict.NOT_ENROLLED,
        Verdict.ORGANISER_ONLY,
        Verdict.BEFORE_WINDOW,
        Verdict.AFTER_WINDOW,
        Verdict.WIKI_NOT_TRACKED,
    }
)
"""Reasons that need nothing of the page; an action that none of them holds against is a candidate."""
_SERVER_NAMES = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_GAP_SLACK = timedelta(hours=1)


@lru_cache(maxsize=256)
def stored_program(definition: str) -> Program:
    """The program of a definition that the store holds: valid, and so are all the wikis that it names."""
    known = _SERVER_NAMES.findall(definition.lower())
    (program,) = parse_programs(definition, source="stored program", known_wikis=known)
    return program


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, and how they are enrolled."""

    name: str
    """What they are called now."""
    names: frozenset[str]
    participant: Participant | None


class Explainer:
    """Explains one program as it is now. Make one for each question: it keeps what it has read."""

    def __init__(self, store: ClickHouseStore, program: Program, version: int) -> None:
        self._store = store
        self._slice = SliceProjector(store, program)
        self.program = program
        self.version = version

    @classmethod
    def of(
        cls, store: ClickHouseStore, slug: str, visibilities: Sequence[Visibility] = tuple(Visibility)
    ) -> Explainer | None:
        """For the active program of that slug, if there is one of these visibilities."""
        found = store.definition(slug, visibilities)
        return None if found is None else cls(store, stored_program(found[1]), found[0])

    def revision(self, wiki: str, rev_id: int) -> Explanation | Unseen:
        """Why an edit counts or not; or what is known of one that was never read."""
        actions = latest(self._store.actions_of_revisions({RevisionRef(wiki, rev_id)}))
        if not actions:
            return unseen(self.program, self._search(wiki, rev_id))
        (action,) = actions
        facts = self._slice.prepare([action])
        _, context = self._slice.entry(action)
        return explain(action, self._slice.compiled, context, facts)

    def _search(self, wiki: str, rev_id: int) -> Search:
        store = self._store
        before, after = store.revisions_around(wiki, rev_id)
        if before is None and after is None:
            return Search(wiki, rev_id, nearest_wiki=nearest(wiki, store.wikis_seen()))
        change = store.change_of_revision(wiki, rev_id)
        if before is None or after is None:
            return Search(wiki, rev_id, before, after, change=change)
        gaps = [gap for gap in store.open_gaps() if gap.seen_at >= before.occurred_at - _GAP_SLACK]
        return Search(
            wiki,
            rev_id,
            before,
            after,
            gaps=[store.stretch(gap) for gap in gaps],
            change=change,
            nearby=store.logs_between(wiki, before.occurred_at, after.occurred_at),
        )

    def user(self, name: str) -> Reconciliation:
        """All that somebody did from the program's start to its end, on all wikis."""
        program = self.program
        person = self.person(name)
        refs = {UserRef(one) for one in person.names}
        found = latest(self._store.actions_of_users(refs, program.start, program.end))
        entries = [one for one in self.judged(found) if one.user == person.name]
        entries.sort(key=lambda one: (one.occurred_at, one.wiki, one.kind, one.rev_id))
        before, after = (None, None)
        if not entries:
            before, after = self._store.actions_around(person.names, program.start, program.end)
        nowhere = not entries and before is None and after is None
        ranked = rank(self._store.standings(program.slug), Metric.BYTES_ADDED)
        return Reconciliation(
            program=program,
            user=person.name,
            names=tuple(sorted(person.names)),
            participant=person.participant,
            entries=tuple(entries),
            sums=sums(entries),
            total=totals(entries),
            standing=next((one for one in ranked if one.user == person.name), None),
            before=before,
            after=after,
            nearest=tuple(self._nearest(person.name)) if nowhere else (),
        )

    def person(self, name: str) -> Person:
        """Whoever has that name in the program's books; otherwise whoever had it when the program began."""
        people, program = self._slice.people, self.program
        name = canonical_user(name)
        if people.renamed(name) and not any(True for _ in self._store.entries_of_books({(program.slug, name)})):
            name = people.current(name, program.start)
        return self.called(name)

    def called(self, name: str) -> Person:
        """Whoever is called that now."""
        people, program = self._slice.people, self.program
        names = people.names(name)
        listed = [one for one in program.participants if one.user in names]
        participant = next((one for one in listed if people.current(one.user, program.start) == name), None)
        return Person(name, names, participant)

    def contributes(self, name: str) -> bool:
        """Whether somebody has a contribution, so that boards show them."""
        key = (self.program.slug, name)
        return any(one.verdict is Verdict.COUNTED for one in self._store.entries_of_books({key}))

    def names_of(self, participants: Iterable[Participant]) -> frozenset[str]:
        """Every name that these participants had."""
        people, start = self._slice.people, self.program.start
        listed = [one.user for one in participants]
        return frozenset(listed).union(*(people.names(people.current(user, start)) for user in listed))

    @property
    def pending(self) -> bool:
        """Whether the program's books are behind its newest version."""
        return self._store.books().get(self.program.slug, 0) < self.version

    def judged(self, actions: Iterable[Action]) -> list[Contribution]:
        """Judge actions of people with names: as the program's books say where they do, otherwise from the log."""
        judged: list[Contribution] = []
        candidates: dict[ActionKey, tuple[Action, str]] = {}
        for action in actions:
            entry, _ = self._slice.entry(action)
            if entry is None:
                continue
            if entry.verdict in _APART:
                judged.append(entry)
            else:
                candidates[action_key(entry)] = action, entry.user
        if candidates and not self.pending:
            users = {(self.program.slug, user) for _, user in candidates.values()}
            stored = self._store.entries_of_books(users)
            judged += (one for one in stored if candidates.pop(action_key(one), None) is not None)
        left = [action for action, _ in candidates.values()]
        self._slice.prepare(left)
        for action in left:
            entry, _ = self._slice.entry(action)
            assert entry is not None
            judged.append(entry)
        return judged

    def _nearest(self, name: str) -> list[str]:
        known = self._store.users_beginning(name[:2]) + [one.user for one in self.program.participants]
        return get_close_matches(name, [one for one in dict.fromkeys(known) if one != name], n=3, cutoff=0.6)
