"""What has changed about an alert: what feeds show and webhooks send."""

from __future__ import annotations

from dataclasses import dataclass

from processors.alerts.alerts import Alert, Step


@dataclass(frozen=True, slots=True)
class AlertChange:
    """
    An alert as it is now, and the steps that are told of.

    The same change may be told again after a fault: (program, alert_id) and a step's cause say which it is.
    """

    alert: Alert
    fresh: tuple[Step, ...]
    """In order, never empty; each is one of the alert's."""
