"""Feeds of alerts in ClickHouse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from processors.alerts.alerts import Alert, AlertKind, AlertState
from processors.alerts.decisions import UNDECIDED, AlertDecisions
from processors.programs.events import Change, decode_change
from processors.programs.program import Visibility
from storage.alerts import alert_from_row
from storage.connection import Connections, external
from storage.fact_rows import aware


@dataclass(frozen=True, slots=True)
class Scope:
    """Which alerts a feed has; empty fields ask for nothing."""

    programs: Collection[str]
    visibilities: Collection[Visibility]
    decisions: dict[str, AlertDecisions] = field(default_factory=dict)
    """By program."""
    page: tuple[str, str] = ("", "")
    """Wiki and title."""
    users: Collection[str] = ()
    """Names of one person."""
    states: Collection[AlertState] = tuple(AlertState)
    since: int = 0
    """Seconds."""
    ids: Collection[str] = ()
    everything: bool = True
    """Also what was acknowledged or muted."""


@dataclass(frozen=True, slots=True)
class Found:
    alert: Alert
    muted: bool


@dataclass(frozen=True, slots=True)
class Count:
    number: int
    acknowledged: int
    muted: int


class ClickHouseAlertFeeds:
    """Raises StoreUnavailable as the store does."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def decisions(self, programs: Collection[str]) -> dict[str, AlertDecisions]:
        """What was decided about alerts, by program."""
        events: defaultdict[str, list[tuple[Change, datetime, str]]] = defaultdict(list)
        for program, kind, payload, at, actor in self._connections.rows("alert_decisions", tables=[_asked(programs)]):
            events[program].append((decode_change(kind, payload), aware(at), actor))
        return {program: UNDECIDED.after(some) for program, some in events.items()}

    def programs_with(
        self, visibilities: Collection[Visibility], page: tuple[str, str] = ("", ""), users: Collection[str] = ()
    ) -> list[str]:
        """Programs that have alerts about a page, or that concern somebody."""
        params = _where(page, users) | {"visibilities": tuple(map(str, visibilities))}
        return sorted(program for (program,) in self._connections.rows("alert_programs", params))

    def page(
        self, scope: Scope, kinds: Collection[AlertKind], before: tuple[int, str, str], most: int, at: datetime
    ) -> list[Found]:
        """The alerts of these kinds before a place (seconds, program, alert_id), what changed last first."""
        params = _params(scope) | {
            "kinds": tuple(map(str, kinds)),
            "before": before[0],
            "before_program": before[1],
            "before_id": before[2],
            "most": most,
        }
        rows = self._connections.records("alert_feed", params, _tables(scope, at))
        return [Found(alert_from_row(row), bool(row["is_muted"])) for row in rows]

    def counts(self, scope: Scope, at: datetime) -> dict[AlertKind, Count]:
        """How many there are of each kind."""
        rows = self._connections.rows("alert_counts", _params(scope), _tables(scope, at))
        return {AlertKind(kind): Count(*numbers) for kind, *numbers in rows}


def _where(page: tuple[str, str], users: Collection[str]) -> dict[str, Any]:
    # No list is empty in SQL.
    return {"wiki": page[0], "title": page[1], "anybody": int(not users), "users": [*users] or [""]}


def _params(scope: Scope) -> dict[str, Any]:
    return _where(scope.page, scope.users) | {
        "visibilities": tuple(map(str, scope.visibilities)),
        "states": tuple(map(str, scope.states)),
        "since": scope.since,
        "any_id": int(not scope.ids),
        "ids": [*scope.ids] or [""],
        "everything": int(scope.everything),
    }


def _asked(programs: Collection[str]) -> dict[str, Any]:
    return external("asked", ("program",), ((program,) for program in programs))


def _tables(scope: Scope, at: datetime) -> Sequence[dict[str, Any]]:
    seen: list[tuple[str, str, int]] = []
    muted: list[tuple[str, str, str]] = []
    pages: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for program, decided in scope.decisions.items():
        seen += [(program, alert, int(one.at.timestamp())) for alert, one in decided.acknowledged.items()]
        for (alert, kind, page), until in decided.mutes.items():
            if until is not None and until <= at:
                continue
            if page is None:
                muted.append((program, alert, kind))
            else:
                pages[program, page.title].append(page.wiki.removeprefix("*"))
    of_pages = [(program, title, wikis) for (program, title), wikis in pages.items()]
    return [
        _asked(scope.programs),
        external("acknowledged", ("program", "alert_id", "at"), seen, ("String", "String", "UInt32")),
        external("muted", ("program", "alert_id", "kind"), muted),
        external("muted_pages", ("program", "title", "wikis"), of_pages, ("String", "String", "Array(String)")),
    ]
