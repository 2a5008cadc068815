"""Alerts about programs as a whole: milestones, goals, and what time brings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from deploy.alerting.known_programs import KnownPrograms
from deploy.alerting.telling import Telling, key_of
from processors.alerts.alerts import Alert, AlertKind
from processors.alerts.milestones import goal_alerts, milestones
from processors.alerts.timed import TIMED, Limits, holding, running_since, timed_alerts
from processors.judging.judge import Verdict
from processors.judging.ledger import Change
from processors.ports.boards import Freshness
from storage.alerts import ClickHouseAlerts

_NUMBERS = (AlertKind.MILESTONE, AlertKind.GOAL)


class NumberAlerts:
    """Keeps alerts about numbers."""

    def __init__(self, store: ClickHouseAlerts, programs: KnownPrograms, telling: Telling, limits: Limits) -> None:
        self._store = store
        self._programs = programs
        self._telling = telling
        self._limits = limits
        self._known: dict[str, dict[str, Alert]] = {}
        """By program and alert_id, the alerts about its numbers, of those that were asked for."""

    def take(self, changes: Iterable[Change], version: int) -> None:
        """Tell milestones and goals of programs whose numbers changed, by their standings."""
        programs = {
            one.entry.program
            for one in changes
            if (one.entry.verdict is Verdict.COUNTED or one.before is Verdict.COUNTED)
            and one.entry.program in self._programs
        }
        if not programs:
            return
        self._learn(programs)
        at = datetime.fromtimestamp(version // 1_000_000, UTC)
        found: list[Alert] = []
        for slug, totals in self._store.totals_of(programs).items():
            known, program = self._known[slug], self._programs.program(slug)
            found += (one for one in milestones(program, totals, at) if one.alert_id not in known)
            found += goal_alerts(program, totals, known, at)
        if found:
            stored = {key_of(one): one for slug in programs for one in self._known[slug].values()}
            self._telling.write(found, stored, version)
            for one in found:
                self._known[one.program][one.alert_id] = one

    def _learn(self, programs: set[str]) -> None:
        unknown = programs - self._known.keys()
        if unknown:
            stored = self._store.alerts_of_kinds(unknown, _NUMBERS)
            self._known |= {slug: {} for slug in unknown}
            for one in stored:
                self._known[one.alert.program][one.alert.alert_id] = one.alert

    def check_time(self, now: datetime, freshness: Freshness, version: int) -> None:
        """Tell that counting is behind, that events are missing, that a running program is silent; or no more."""
        running = {one.slug: one for one in self._programs.all() if running_since(one, now) is not None}
        live: defaultdict[str, dict[AlertKind, Alert]] = defaultdict(dict)
        for alert in self._store.open_alerts(TIMED):
            live[alert.program][alert.kind] = alert
        totals = self._store.totals_of(running.keys())
        found: list[Alert] = []
        for slug in sorted({*running, *live}):
            last = totals[slug].last_edit_at if slug in totals else None
            held = holding(running[slug], freshness, last, now, self._limits) if slug in running else {}
            found += timed_alerts(slug, held, live[slug], now)
        stored = {key_of(one): one for by_kind in live.values() for one in by_kind.values()}
        self._telling.write(found, stored, version)
