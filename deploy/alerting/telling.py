"""What is stored of alerts against what they are now: the difference is written, and told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from processors import metrics as m
from processors.alerts.alerts import Alert, AlertState, Step
from processors.alerts.changes import AlertChange
from processors.metrics import Metrics
from storage.alerts import ClickHouseAlerts, Written

Key = tuple[str, str]


class Telling:
    """Writes alerts, and keeps what is to be told until whoever asked says that it was."""

    def __init__(self, store: ClickHouseAlerts, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics
        self._untold: dict[Key, AlertChange] = {}
        self._uncounted: set[tuple[Key, str, AlertState]] = set()
        """Steps that are news, until the store has surely taken them."""

    @property
    def untold(self) -> tuple[AlertChange, ...]:
        return tuple(self._untold.values())

    def told(self) -> None:
        """What is untold is kept elsewhere now."""
        self._untold.clear()

    def tell(self, alert: Alert, steps: Collection[Step]) -> None:
        """Let these steps be told, beside others of the alert."""
        key = key_of(alert)
        if not steps and key not in self._untold:
            return
        causes = {(one.cause, one.state) for one in steps}
        if key in self._untold:
            causes |= {(one.cause, one.state) for one in self._untold[key].fresh}
        fresh = tuple(one for one in alert.steps if (one.cause, one.state) in causes)
        if fresh:
            self._untold[key] = AlertChange(alert, fresh)

    def tell_again(self, written: Iterable[Written]) -> None:
        """Let the newest steps of stored alerts be told, for whoever was to tell them may not have."""
        for one in written:
            if one.fresh:
                self.tell(one.alert, one.alert.steps[-one.fresh :])

    def write(
        self,
        alerts: Sequence[Alert],
        stored: Mapping[Key, Alert],
        version: int,
        *,
        quiet: Collection[Key] = (),
        gone: Iterable[Alert] = (),
    ) -> None:
        """Store what differs from `stored`, and let new steps be told; each is counted once, also when it is repeated.

        Args:
            quiet: alerts whose steps are none of news, though they are not stored yet.
            gone: stored ones that a late fact undid.
        """
        rows: list[tuple[Alert, int]] = []
        for alert in alerts:
            before = stored.get(key_of(alert))
            if alert == before:
                continue
            known = {(one.cause, one.state) for one in before.steps} if before else set()
            fresh = (
                [] if key_of(alert) in quiet else [one for one in alert.steps if (one.cause, one.state) not in known]
            )
            rows.append((alert, min(len(fresh), 255)))
            self._uncounted |= {(key_of(alert), one.cause, one.state) for one in fresh}
            self.tell(alert, fresh)
        self._store.write_alerts(rows, list(gone), version)
        self._count(alerts)

    def _count(self, written: Iterable[Alert]) -> None:
        if not self._uncounted:
            return
        for alert in written:
            for one in alert.steps:
                step = key_of(alert), one.cause, one.state
                if step in self._uncounted:
                    self._uncounted.remove(step)
                    self._metrics.count(m.ALERT_STEPS, kind=str(alert.kind), state=str(one.state))


def key_of(alert: Alert) -> Key:
    """What identifies an alert."""
    return alert.program, alert.alert_id
