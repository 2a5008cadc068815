"""What organisers decided about alerts: seen, and not to be told of any more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from processors.alerts.alerts import Alert
from processors.programs.events import AlertAcknowledged, AlertMuted, AlertUnmuted, Change
from processors.programs.program import Page, family_matches


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """That somebody has seen an alert, as it was then."""

    at: datetime
    by: str
    """For people."""


@dataclass(frozen=True, slots=True)
class AlertDecisions:
    """What stands of all that was decided about a program's alerts: a fold over its events."""

    acknowledged: Mapping[str, Acknowledged] = field(default_factory=dict)
    """By alert_id."""
    mutes: Mapping[tuple[str, str, Page | None], datetime | None] = field(default_factory=dict)
    """By (alert_id, kind, page), of which one says something: until when; None: for ever."""

    def after(self, changes: Iterable[tuple[Change, datetime, str]]) -> AlertDecisions:
        """What stands after further events: what was decided, when, and by whom."""
        acknowledged, mutes = dict(self.acknowledged), dict(self.mutes)
        for change, at, actor in changes:
            match change:
                case AlertAcknowledged(alert):
                    acknowledged[alert] = Acknowledged(at, actor)
                case AlertMuted(alert, kind, page, until):
                    mutes[alert, kind, page] = until
                case AlertUnmuted(alert, kind, page):
                    mutes.pop((alert, kind, page), None)
        return AlertDecisions(acknowledged, mutes)

    def seen(self, alert: Alert) -> Acknowledged | None:
        """Who has seen the alert as it is: whatever comes later is to be seen again."""
        known = self.acknowledged.get(alert.alert_id)
        return known if known is not None and known.at >= alert.changed_at else None

    def muted(self, alert: Alert, at: datetime) -> bool:
        """Whether nobody is to be told of the alert at that time."""
        if not self.mutes:
            return False
        keys = [(alert.alert_id, "", None), ("", str(alert.kind), None)]
        if any(self._holds(key, at) for key in keys):
            return True
        return bool(alert.title) and any(
            page is not None
            and page.title == alert.title
            and (not page.wiki or family_matches(page.wiki, alert.wiki))
            and self._holds((alert_id, kind, page), at)
            for alert_id, kind, page in self.mutes
        )

    def _holds(self, key: tuple[str, str, Page | None], at: datetime) -> bool:
        if key not in self.mutes:
            return False
        until = self.mutes[key]
        return until is None or at < until


UNDECIDED = AlertDecisions()
"""Of a program about whose alerts nothing was decided."""
