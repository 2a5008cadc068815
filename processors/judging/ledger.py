"""What changes in the books: stored entries against those judged now, each difference with its cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from processors.facts.facts import ActionKind
from processors.judging.contributions import Cause, Contribution
from processors.judging.judge import Verdict


class EntryKey(NamedTuple):
    """Where an entry stands in the books; unlike its identity with the user, whose name may change."""

    program: str
    user: str
    wiki: str
    kind: ActionKind
    rev_id: int


class ActionKey(NamedTuple):
    """An action, whatever books it is in."""

    wiki: str
    kind: ActionKind
    rev_id: int


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the ledger: an entry as it is from now on."""

    entry: Contribution
    before: Verdict | None
    """None: the entry is new."""
    gone: bool
    """The entry is no longer in the books: the action is no candidate any more."""
    cause: Cause


def entry_key(entry: Contribution) -> EntryKey:
    """Where an entry stands."""
    return EntryKey(entry.program, entry.user, entry.wiki, entry.kind, entry.rev_id)


def action_key(entry: Contribution) -> ActionKey:
    """Which action an entry is of."""
    return ActionKey(entry.wiki, entry.kind, entry.rev_id)


_NONE: Mapping[ActionKey, Cause] = MappingProxyType({})


def differences(
    known: Iterable[Contribution],
    judged: Iterable[Contribution],
    causes: Mapping[ActionKey, Cause],
    otherwise: Cause,
    own: Mapping[ActionKey, Cause] = _NONE,
) -> Iterator[Change]:
    """Yield what has to be written so that the books say `judged` where they say `known`.

    Args:
        known: all that the books say of the slice that was judged.
        causes: what had an action judged again; `otherwise` for those that are not in it.
        own: actions that are judged for the first time, as the causes of entries that are new.
    """
    stored = {entry_key(entry): entry for entry in known}
    for entry in judged:
        before = stored.pop(entry_key(entry), None)
        if before != entry:
            key = action_key(entry)
            cause = causes.get(key, otherwise)
            if before is None:
                yield Change(entry, None, False, own.get(key, cause))
            else:
                yield Change(entry, before.verdict, False, cause)
    for entry in stored.values():
        yield Change(entry, entry.verdict, True, causes.get(action_key(entry), otherwise))
