"""Alerts beside counting: from a worker's batches into the store, the outbox, and to whoever watches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from deploy.alerting.alerting import Alerting
from deploy.alerting.rules_file import RulesFile
from deploy.delivering.outbox import Outbox
from deploy.settings import Settings
from processors.alerts.changes import AlertChange
from processors.alerts.timed import Limits
from processors.facts.facts import Fact
from processors.judging.ledger import Change
from processors.metrics import Metrics
from processors.ports.boards import Freshness
from processors.programs.states import ProgramState
from storage.clickhouse import ClickHouseStore

States = Callable[[], Mapping[str, ProgramState]]
Tell = Callable[[Sequence[AlertChange]], object]


class AlertKeeper:
    """What a worker calls for alerts. All of it may be repeated, and raises StoreUnavailable when the store is away.

    Args:
        outbox: None: nobody is written to, as when the past is read.
        tell: told of every change, from the worker's thread; what it raises is raised on.
    """

    def __init__(self, alerting: Alerting, outbox: Outbox | None, tell: Tell = lambda changes: None) -> None:
        self._alerting = alerting
        self._outbox = outbox
        self._tell = tell

    def before_purge(self, facts: Sequence[Fact], version: int) -> None:
        """As `Alerting.before_purge`."""
        self._alerting.before_purge(facts, version)

    def take(self, facts: Sequence[Fact], changes: Sequence[Change], version: int) -> None:
        """Bring alerts up to date, and let everybody be told. After the standings, before the checkpoint."""
        self._pass_on(self._alerting.take(facts, changes, version), version)

    def check_time(self, now: datetime, freshness: Freshness, version: int) -> None:
        """Open and close alerts that time brings, and let everybody be told."""
        self._pass_on(self._alerting.check_time(now, freshness, version), version)

    def _pass_on(self, news: Sequence[AlertChange], version: int) -> None:
        if not news:
            return
        if self._outbox is not None:
            self._outbox.enqueue(news, version)
        self._tell(news)
        self._alerting.told()


def keep_alerts(
    store: ClickHouseStore,
    settings: Settings,
    clock: Callable[[], datetime],
    *,
    metrics: Metrics,
    written_to: bool = True,
    queued: Callable[[], object] = lambda: None,
    tell: Tell = lambda changes: None,
    since: int | None = None,
) -> Callable[[States], AlertKeeper]:
    """What a worker makes its keeper of alerts by, once it knows the programs.

    Args:
        written_to: whether subscribers are told.
        since: as for `Alerting`.
        queued: told when there is something to be delivered, from the worker's thread.

    Raises:
        InvalidInput: WIKITALLY_ALERT_RULES cannot be read.
    """
    rules = RulesFile(settings.alert_rules)
    limits = Limits(
        lag=timedelta(minutes=settings.alert_lag_minutes), silence=timedelta(minutes=settings.alert_silence_minutes)
    )

    def make(states: States) -> AlertKeeper:
        outbox = None
        if written_to:
            outbox = Outbox(store, states, clock=clock, base_url=settings.public_url)
            outbox.on_queued = queued
        alerting = Alerting(store, states, rules=lambda: rules.rules, metrics=metrics, limits=limits, since=since)
        return AlertKeeper(alerting, outbox, tell)

    return make
