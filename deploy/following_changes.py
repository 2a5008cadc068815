"""Word to those who watch boards that another process counts: what changed in the store, asked once for all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from processors import metrics as m
from processors.errors import StoreUnavailable
from processors.metrics import Metrics
from storage.changes import ClickHouseChanges

_log = structlog.get_logger()

LOOK_EVERY = 0.5
"""Seconds between two looks."""
LATE = 10_000_000
"""Microseconds by which standings may become visible after newer ones: several write, and shards are not in step."""


class StoreMoved(Exception):
    """The store is at another address now."""


class Changes:
    """What was seen of the store so far. Call it off the event loop, one call at a time."""

    def __init__(self, changes: ClickHouseChanges) -> None:
        self._changes = changes
        self._version: int | None = None
        self._books: set[tuple[str, int]] = set()
        self._position = 0
        self._not_shown: dict[str, int] = {}
        self._alerts: set[tuple[str, str, int]] | None = None
        self._alerted = 0

    def look(self) -> frozenset[str]:
        """Programs whose board is another one than at the last look.

        A decision is told of when `programs` shows it, since that is what boards are made of.

        Raises:
            StoreUnavailable: the store is away; the next look tells what this one would have.
        """
        if self._version is None:
            self._position, self._version = self._changes.last_position(), self._changes.newest_version()
        books = self._changes.books(max(0, self._version - LATE))
        decisions = self._changes.decisions(self._position)
        wanted = self._not_shown | {slug: version for slug, version, _ in decisions}
        shown = self._changes.shown(wanted)

        counted = {slug for slug, _ in books - self._books}
        decided = {slug for slug, version in wanted.items() if shown.get(slug, 0) >= version}
        self._books = books
        self._version = max([self._version, *(version for _, version in books)])
        self._position = max([self._position, *(position for _, _, position in decisions)])
        self._not_shown = {slug: version for slug, version in wanted.items() if slug not in decided}
        return frozenset(counted | decided)

    def look_at_alerts(self) -> list[tuple[str, str]]:
        """Alerts (program, alert_id) with steps that are newer than the last look; in order.

        Raises:
            StoreUnavailable: the store is away; the next look tells what this one would have.
        """
        found = self._changes.alerts(max(0, self._alerted - LATE))
        before, self._alerts = self._alerts, found
        self._alerted = max([self._alerted, *(version for *_, version in found)])
        new = found - before if before is not None else set()
        return [(program, alert_id) for program, alert_id, _ in sorted(new, key=lambda one: one[2])]


class ChangesFollower:
    """Looks at the store twice a second, however many watch.

    Args:
        on_change: called on the event loop with the programs whose boards are others now.
        on_alerts: called on the event loop with the alerts (program, alert_id) that have changed.
        revive: called in a thread before each look at a store that was away.
    """

    def __init__(
        self,
        changes: ClickHouseChanges,
        *,
        metrics: Metrics,
        on_change: Callable[[frozenset[str]], None],
        on_alerts: Callable[[list[tuple[str, str]]], None] = lambda alerts: None,
        revive: Callable[[], object] = lambda: None,
    ) -> None:
        self._seen = Changes(changes)
        self._metrics = metrics
        self._on_change = on_change
        self._on_alerts = on_alerts
        self._heard: list[tuple[str, str]] = []
        self._revive = revive
        self.store_away = False

    async def run(self) -> None:
        """Follow until cancelled.

        Raises:
            StoreMoved: as `revive` does.
        """
        while True:
            try:
                changed, alerts = await asyncio.to_thread(self._look)
            except StoreMoved:
                raise
            except Exception as error:
                self._lost(error)
            else:
                self._back()
                if changed:
                    self._on_change(changed)
                if alerts:
                    self._on_alerts(alerts)
            await asyncio.sleep(LOOK_EVERY)

    def _look(self) -> tuple[frozenset[str], list[tuple[str, str]]]:
        if self.store_away:
            self._revive()
        self._heard += self._seen.look_at_alerts()
        changed = self._seen.look()
        alerts, self._heard = self._heard, []
        return changed, alerts

    def _lost(self, error: Exception) -> None:
        if self.store_away:
            return
        self.store_away = True
        self._metrics.set(m.STORE_AWAY, 1)
        if isinstance(error, StoreUnavailable):
            _log.warning("the store does not answer; boards stand still until it does", error=str(error))
        else:
            _log.exception("the store cannot be read; boards stand still until it can")

    def _back(self) -> None:
        if self.store_away:
            self.store_away = False
            self._metrics.set(m.STORE_AWAY, 0)
            _log.info("the store is back")
