"""A world in which alerts are kept beside the books, as a process that counts keeps them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from deploy.alerting.alerting import Alerting
from deploy.alerting.keeping import AlertKeeper, States
from deploy.counting.worker import Worker
from ingest.tracking import PositionTracker
from processors.alerts.alerts import Alert, AlertKind, AlertState
from processors.alerts.changes import AlertChange
from processors.alerts.rules_data import shipped_rules
from processors.metrics import NoMetrics
from storage.clickhouse import ClickHouseStore
from tests.acceptance.little_wiki import LittleWiki
from tests.acceptance.world import STREAMS, World, day
from tests.recorders import RecordedMetrics
from tests.stores import log_of

RULES = shipped_rules()
SPEEDY = "Category:Candidates for speedy deletion"
PROPOSED = "Category:All articles proposed for deletion"
DISCUSSED = "Category:Articles for deletion"
PROGRAM = """
slug: women
start: 2020-02-20T00:00
end: 2020-03-20T00:00
wiki: enwiki
participants: [Ada, Ben]
"""
NOON = day(2, 21, "12:00")
"""In the middle of it."""


@dataclass(slots=True)
class AlertWorld(World):
    """Reading and deciding leave in `heard` what was told."""

    heard: list[AlertChange] = field(default_factory=list)
    metrics: RecordedMetrics = field(default_factory=RecordedMetrics)
    alerting: Alerting = field(init=False)

    def restart(self) -> None:
        def make(states: States) -> AlertKeeper:
            self.alerting = Alerting(self.store, states, rules=lambda: RULES, metrics=self.metrics)
            return AlertKeeper(self.alerting, None, lambda news: self.heard.extend(news))

        tracker = PositionTracker(STREAMS, self.store.checkpoint(STREAMS), self.store.open_gaps())
        log = log_of(self.store)
        self.worker = Worker(self.store, log, tracker, metrics=NoMetrics(), clock=self.clock, alerts=make)
        self.worker.catch_up()

    @classmethod
    def of(cls, store: ClickHouseStore, programs: str = PROGRAM) -> Self:
        """With these programs, some weeks before they begin."""
        world = cls(store, day(1, 1))
        world.apply(programs)
        return world

    def told(self) -> list[tuple[str, AlertKind, str, list[AlertState]]]:
        """(program, kind, title, states of the fresh steps) of what was told since the last time."""
        heard, self.heard = self.heard, []
        return [
            (one.alert.program, one.alert.kind, one.alert.title, [step.state for step in one.fresh]) for one in heard
        ]

    def alerts(self, *kinds: AlertKind) -> list[Alert]:
        """All that are stored, by when they were opened."""
        rows = self.alerting._store.alerts_of_kinds({*self.worker._following.states}, kinds or tuple(AlertKind))
        return sorted((one.alert for one in rows), key=lambda one: (one.opened_at, one.kind, one.alert_id))

    def lines(self, *kinds: AlertKind) -> list[tuple[AlertKind, str, list[AlertState]]]:
        return [(one.kind, one.title, [step.state for step in one.steps]) for one in self.alerts(*kinds)]


def log(wiki: LittleWiki, user: str, title: str, at: Any, log_type: str, action: str) -> None:
    """Let a log entry of any type come."""
    wiki._log(user, title, at, log_type, action, [])
