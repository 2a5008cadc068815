"""A world in which alerts are kept beside the books, as a process that counts keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from deploy.alerting.alerting import Alerting
from processors.alerts.alerts import Alert, AlertKind, AlertState
from processors.alerts.changes import AlertChange
from processors.alerts.rules import AlertRules
from processors.facts.facts import Fact
from processors.judging.ledger import Change
from processors.ports.programs import Carried
from processors.ports.store import RawEvent
from processors.programs.commands import Command
from tests.acceptance.little_wiki import LittleWiki
from tests.acceptance.world import STREAMS, World

RULES = AlertRules.shipped()
SPEEDY = "Category:Candidates for speedy deletion"
PROPOSED = "Category:All articles proposed for deletion"
DISCUSSED = "Category:Articles for deletion"


@dataclass(slots=True)
class AlertWorld(World):
    """Reading and deciding leave in `heard` what was told."""

    heard: list[AlertChange] = field(default_factory=list)
    alerting: Alerting = field(init=False)
    owed: list[Change] = field(default_factory=list)

    def restart(self) -> None:
        World.restart(self)
        worker, self.owed = self.worker, []
        enter = worker._enter
        self.alerting = Alerting(self.store, lambda: worker._following.states, rules=lambda: RULES)

        def enter_and_note(changes: Sequence[Change], version: int, *more: Any) -> None:
            enter(changes, version, *more)
            self.owed += changes

        worker._enter = enter_and_note  # type: ignore[method-assign]

    def read_events(self, events: Sequence[bytes], at: datetime | None = None) -> frozenset[str]:
        came = max((datetime.fromisoformat(orjson.loads(event)["meta"]["dt"]) for event in events), default=self.now)
        self.now = max(self.now, came + timedelta(seconds=1), at or self.now)
        plan = self.worker.read([RawEvent(event, None, STREAMS) for event in events])
        self.alerting.before_purge(plan.facts, self.worker._next_version())
        changed = self.worker.commit(plan)
        self._tell(plan.facts)
        return changed

    def decide(self, *commands: Command, actor: str = "Olga") -> Carried:
        carried = World.decide(self, *commands, actor=actor)
        self._tell(())
        return carried

    def _tell(self, facts: Sequence[Fact]) -> None:
        self.heard += self.alerting.take(facts, self.owed, self.worker._next_version())
        self.alerting.told()
        self.owed.clear()

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
