"""Forgetting a person in a store: the decisions about programs first, then every other table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from processors.ports.store import ProgramLog
from processors.privacy.forgetting import Alias, Forgetting
from processors.privacy.forgetting_programs import ForgettingIn
from processors.programs.definitions import dump_programs
from processors.programs.events import ProgramEvent
from processors.programs.states import ProgramState, fold
from storage.clickhouse import ClickHouseStore


@dataclass(frozen=True, slots=True)
class Found:
    """What is stored of a person."""

    person: tuple[Alias, ...]
    rows: dict[str, int]
    """By table, how many rows may have to do with them."""
    programs: tuple[str, ...]
    """Slugs of programs whose decisions name them."""

    def __bool__(self) -> bool:
        return any(self.rows.values())


def find(store: ClickHouseStore, log: ProgramLog, name: str) -> Found:
    """What is stored of whoever is called `name` now.

    Raises:
        StoreUnavailable: the store is away.
    """
    person = store.aliases(name)
    before = log.read()
    after = _without(Forgetting(person, "(forgotten)"), before, fold(before))
    changed = [old for old, new in zip(before, after, strict=True) if old != new]
    rows = store.counts_of(person) | {"program_events": len(changed)}
    return Found(person, rows, tuple(sorted({one.program for one in changed})))


def forget(store: ClickHouseStore, log: ProgramLog, person: Sequence[Alias], at: datetime) -> str:
    """Take a person out of every table; return what stands for them. Repeat it when it was broken off.

    Raises:
        StoreUnavailable: the store is away; some of it may be done.
    """
    forgetting = store.forgetting(person, at)
    before = log.read()
    states = fold(before)
    after = _without(forgetting, before, states)
    store.rewrite_events(before, after)
    store.rewrite_programs({slug: dump_programs([state.program]) for slug, state in fold(after).items()})
    store.forget(forgetting)
    return forgetting.instead


def _without(
    forgetting: Forgetting, events: Sequence[ProgramEvent], states: dict[str, ProgramState]
) -> list[ProgramEvent]:
    known = {
        slug: ForgettingIn(
            forgetting, state.program.start, tuple(wiki for wiki in state.program.wikis if "*" not in wiki)
        )
        for slug, state in states.items()
    }
    return [known[event.program].event(event) for event in events]
