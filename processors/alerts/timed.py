"""Alerts that time brings and no fact: counting is behind, events are missing, a program is silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from processors.alerts.alerts import Alert, AlertKind, AlertState, Step
from processors.alerts.works import lasting_alert
from processors.ports.boards import Freshness
from processors.programs.program import Program

TIMED = (AlertKind.LAG, AlertKind.GAP, AlertKind.SILENT)


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on something is worth an alert."""

    lag: timedelta = timedelta(minutes=5)
    silence: timedelta = timedelta(hours=1)


def running_since(program: Program, now: datetime) -> datetime | None:
    """Start of the earliest session that is on; None: none is."""
    return min((one.start for one in program.sessions if one.start <= now < one.end), default=None)


def holding(
    program: Program, freshness: Freshness, last_edit_at: datetime | None, now: datetime, limits: Limits
) -> Mapping[AlertKind, str]:
    """What holds of a program now, in words; nothing while no session is on."""
    since = running_since(program, now)
    if since is None:
        return {}
    found: dict[AlertKind, str] = {}
    lag = timedelta(seconds=freshness.lag_seconds) if freshness.lag_seconds is not None else None
    if lag is not None and lag >= limits.lag:
        found[AlertKind.LAG] = f"edits of the last {_minutes(lag)} are not counted yet"
    elif lag is not None and now - max(since, last_edit_at or since) >= limits.silence:
        # Of a stream that lags nobody knows whether it is silent.
        found[AlertKind.SILENT] = f"nothing has counted for {_minutes(now - max(since, last_edit_at or since))}"
    if freshness.gaps:
        found[AlertKind.GAP] = f"{freshness.gaps} stretches of the stream are missing"
    return found


def timed_alerts(
    program: str, held: Mapping[AlertKind, str], live: Mapping[AlertKind, Alert], now: datetime
) -> list[Alert]:
    """The alerts that are to be opened, or closed because they hold no more.

    Args:
        live: those of the program that are open.
    """
    now = now.replace(microsecond=0)
    found = []
    for kind in TIMED:
        before = live.get(kind)
        cause = f"{kind}/{now:%Y%m%dT%H%M%SZ}"
        if kind in held and before is None:
            alert = lasting_alert(program, kind, "", cause)
            found.append(replace(alert, steps=(Step(AlertState.OPEN, now, cause, detail=held[kind]),)))
        elif kind not in held and before is not None:
            step = Step(AlertState.CLOSED, max(now, before.changed_at), f"{cause}/over")
            found.append(replace(before, steps=(*before.steps, step)))
    return found


def _minutes(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
