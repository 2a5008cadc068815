"""Once a day: old data goes, programs expire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import structlog

from deploy.settings import Settings
from processors.errors import Conflict, StoreUnavailable
from processors.ports.store import ProgramLog
from processors.programs.commands import due
from processors.programs.commits import Programs, catch_up, commit, draft
from storage.clickhouse import ClickHouseStore
from storage.locks import Locks, held
from storage.webhooks import ClickHouseWebhooks

_log = structlog.get_logger()

ACTOR = "wikitally"
MESSAGES_KEPT = timedelta(days=30)
"""For so long messages about alerts stay, and attempts to deliver them."""
_DAY = 86_400
_WHEN_AWAY = 60


@dataclass(frozen=True, slots=True)
class Swept:
    """What one round did."""

    facts: int = 0
    letters: int = 0
    ledger: int = 0
    activity: int = 0
    expired: tuple[str, ...] = ()
    """Slugs."""


class Housekeeping:
    """Retention and expiry. A round may be broken off anywhere and repeated, beside whoever writes."""

    def __init__(
        self, store: ClickHouseStore, log: ProgramLog, settings: Settings, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._log = log
        self._settings = settings
        self._clock = clock

    def run(self) -> Swept:
        """Let programs expire, drop what is older than the settings say, and clear the disk of what was deleted.

        Raises:
            StoreUnavailable: the store is away; call it again.
        """
        now = self._clock()
        expired, programs = self._expire(now)
        store, settings = self._store, self._settings
        swept = Swept(
            facts=store.drop_facts(facts_from(programs, now, settings.retain_facts_days))
            if settings.retain_facts_days
            else 0,
            letters=store.drop_old_letters(now - timedelta(days=settings.retain_dead_letters_days))
            if settings.retain_dead_letters_days
            else 0,
            ledger=store.drop_ledger(now - timedelta(days=settings.retain_ledger_days))
            if settings.retain_ledger_days
            else 0,
            activity=store.drop_activity(now - timedelta(days=settings.retain_activity_days))
            if settings.retain_activity_days
            else 0,
            expired=expired,
        )
        store.drop_locks(now - timedelta(days=1))
        ClickHouseWebhooks(store.connections).drop_old(now - MESSAGES_KEPT)
        store.settle()
        _log.info(
            "housekeeping done",
            facts=swept.facts,
            letters=swept.letters,
            ledger=swept.ledger,
            activity=swept.activity,
            expired=expired,
        )
        return swept

    def _expire(self, now: datetime) -> tuple[tuple[str, ...], Programs]:
        programs = catch_up(self._log)
        if not due(programs.states, now):
            return (), programs
        committed = commit(
            self._log,
            lambda states: draft(states, due(states, now), at=now, actor=ACTOR, new_id=lambda: str(uuid4())),
            programs,
        )
        return tuple(event.program for event in committed.events), committed.programs


async def keep_house(house: Housekeeping, *, once_for_all: Locks | None = None) -> None:
    """Once at the start, then once a day. What goes wrong is told, and tried again.

    Args:
        once_for_all: where several could do it, whoever comes first does.
    """
    while True:
        try:
            await asyncio.to_thread(_tidy, house, once_for_all)
        except StoreUnavailable:
            await asyncio.sleep(_WHEN_AWAY)
        except Exception:
            _log.exception("housekeeping failed; it is tried again tomorrow")
            await asyncio.sleep(_DAY)
        else:
            await asyncio.sleep(_DAY)


def _tidy(house: Housekeeping, locks: Locks | None) -> None:
    if locks is None:
        house.run()
        return
    try:
        with held(locks, "housekeeping", patience=0):
            house.run()
    except Conflict:
        _log.info("another worker keeps house")


def facts_from(programs: Programs, now: datetime, days: int) -> datetime:
    """The time from which on facts are kept: so many days, and all that active programs may have to be judged by.

    Who is a new editor is told by accounts made before the start.
    """
    starts = [
        state.program.start - timedelta(days=state.program.new_editor_days)
        for state in programs.states.values()
        if state.active
    ]
    return min([now - timedelta(days=days), *starts])
