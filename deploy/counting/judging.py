"""What facts change in the books: they are judged, and so is again what they touch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from processors.facts.facts import Action, Fact, is_action
from processors.judging.contributions import (
    Cause,
    Contribution,
    PageRef,
    RevisionRef,
    Slice,
    Touched,
    UserRef,
    cause_of,
)
from processors.judging.judge import Verdict
from processors.judging.ledger import ActionKey, Change, action_key, differences, entry_key
from processors.judging.projection import Projector
from storage.clickhouse import ClickHouseStore

_UNKNOWN = Cause("restart", "")


@dataclass(frozen=True, slots=True)
class Judged:
    """What the books do not say yet."""

    changes: Sequence[Change]
    fresh: int = 0
    """Actions that were judged for the first time."""
    again: int = 0
    """Actions that others touched, and that were judged once more."""
    counted: int = 0
    """Entries that count, of actions judged for the first time."""


class Judging:
    """Judges what a projector has absorbed, against the books of a store."""

    def __init__(self, store: ClickHouseStore, projector: Projector) -> None:
        self._store = store
        self._projector = projector
        self.touched: Touched = {}
        """Slices to judge with what comes next. Whoever has the changes in the books clears it."""
        self.stored: Mapping[tuple[str, int], int] | None = None
        """Last offset of each (topic, partition) that may be in the books already; None: any may be."""

    def judge(self, facts: Sequence[Fact]) -> Judged:
        """The changes that these facts and what is touched bring. The projector has absorbed them.

        Raises:
            StoreUnavailable: the store is away; ask again.
        """
        fresh = {_key(fact): fact for fact in facts if is_action(fact)}
        again = {_key(action): action for action in self._touched_actions()}
        changes = self._changes(fresh, again)
        counted = sum(
            one.before is None and one.entry.verdict is Verdict.COUNTED and action_key(one.entry) in fresh
            for one in changes
        )
        return Judged(changes, len(fresh), len(again.keys() - fresh.keys()), counted)

    def _touched_actions(self) -> Iterator[Action]:
        slices = self.touched
        if not slices:
            return
        yield from self._store.actions_of_pages([one for one in slices if isinstance(one, PageRef)])
        yield from self._store.actions_of_revisions([one for one in slices if isinstance(one, RevisionRef)])
        users = [one for one in slices if isinstance(one, UserRef)]
        programs = [one.program for one in self._projector.index.compiled.values()] if users else []
        if programs:
            start, end = min(one.start for one in programs), max(one.end for one in programs)
            yield from self._store.actions_of_users(users, start, end)

    def _changes(self, fresh: Mapping[ActionKey, Action], again: Mapping[ActionKey, Action]) -> list[Change]:
        """What the books do not say yet. They are asked about all but what they can't know."""
        new = {key: action for key, action in fresh.items() if key not in again and self._is_new(action)}
        old = {**again, **{key: action for key, action in fresh.items() if key not in new}}
        changes = [
            Change(entry, None, False, cause_of(new[action_key(entry)]))
            for entry in self._projector.judge(new.values())
        ]
        if old:
            judged = list(self._projector.judge(old.values()))
            causes = {key: self._cause(key, action) for key, action in old.items()}
            own = {key: cause_of(fresh[key]) for key in old.keys() & fresh.keys()}
            changes += differences(self._entries(judged), judged, causes, _UNKNOWN, own)
        return changes

    def _is_new(self, action: Action) -> bool:
        """Whether no book can have an entry of it: it lies beyond all that was stored when we started."""
        position = action.position
        if position is None or self.stored is None:
            return False
        return position.offset > self.stored.get((position.topic, position.partition), -1)

    def _entries(self, judged: Sequence[Contribution]) -> Iterator[Contribution]:
        """What the books say of the slice: at the keys of what was judged, and under names that renames touch."""
        users = [one for one in self.touched if isinstance(one, UserRef)]
        renamed = self._projector.books_of(users) if users else set()
        keys = {entry_key(one) for one in judged if (one.program, one.user) not in renamed}
        yield from self._store.entries(keys)
        yield from self._store.entries_of_books(renamed)

    def _cause(self, key: ActionKey, action: Action) -> Cause:
        """What had an action judged: the late fact that touched it, or else the action itself."""
        slices: tuple[Slice, ...] = (
            RevisionRef(key.wiki, key.rev_id),
            PageRef(key.wiki, action.title),
            UserRef(action.user or ""),
        )
        return next((self.touched[one] for one in slices if one in self.touched), cause_of(action))


def _key(action: Action) -> ActionKey:
    return ActionKey(action.wiki, action.kind, action.rev_id)
