"""Decisions about a program's alerts. That there is such an alert is looked up by whoever asks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from processors.alerts.alerts import AlertKind
from processors.errors import InvalidInput
from processors.facts.wikis import nearest
from processors.programs.deciding import Decided, active
from processors.programs.events import AlertAcknowledged, AlertMuted, AlertUnmuted
from processors.programs.names import read_page
from processors.programs.program import Page
from processors.programs.states import ProgramState

_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Muting:
    """What is to be muted, or to be heard again: exactly one of the first three."""

    alert: str
    kind: str
    page: Page | None
    until: datetime | None
    muted: bool


def decide_acknowledge(states: Mapping[str, ProgramState], slug: str, alert: str, reason: str) -> list[Decided]:
    """Somebody has seen an alert. To see it again is worth an event: the alert may have become another since."""
    active(states, slug)
    return [Decided(slug, AlertAcknowledged(_alert_id(alert)), reason.strip())]


def decide_mute(
    states: Mapping[str, ProgramState], slug: str, asked: Muting, at: datetime, reason: str
) -> list[Decided]:
    """Nobody is told any more, or everybody again."""
    state = active(states, slug)
    if sum((bool(asked.alert), bool(asked.kind), asked.page is not None)) != 1:
        raise InvalidInput("one thing is muted at a time: an alert, a kind of alerts, or a page")
    if asked.until is not None and asked.until <= at:
        raise InvalidInput(f"{asked.until.isoformat()} is over; alerts are muted until a time that is to come")
    alert = _alert_id(asked.alert) if asked.alert else ""
    kind = _kind(asked.kind) if asked.kind else ""
    page = read_page(asked.page, state.program) if asked.page else None
    known = state.alerts.mutes
    if asked.muted:
        same = (alert, kind, page) in known and known[alert, kind, page] == asked.until
        return [] if same else [Decided(slug, AlertMuted(alert, kind, page, asked.until), reason.strip())]
    there = (alert, kind, page) in known
    return [Decided(slug, AlertUnmuted(alert, kind, page), reason.strip())] if there else []


def _alert_id(text: str) -> str:
    text = text.strip().lower()
    if not _ID.fullmatch(text):
        raise InvalidInput(f"{text!r} is no alert: they are named by 32 hexadecimal digits")
    return text


def _kind(text: str) -> str:
    kinds = [str(kind) for kind in AlertKind]
    if text not in kinds:
        close = nearest(text, kinds)
        raise InvalidInput(
            f"{text!r} is no kind of alert"
            + (f"; did you mean {close}?" if close else f"; it is one of {', '.join(kinds)}")
        )
    return text
