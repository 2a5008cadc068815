"""Alerts in ClickHouse, what they are made of, and which programs know a page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from processors.alerts.alerts import Alert, AlertKind, AlertState, Step
from processors.alerts.signals import Act, Signal
from processors.facts.facts import Order
from processors.judging.contributions import Cause, PageRef, RevisionRef
from processors.judging.judge import Verdict
from processors.judging.ledger import Change
from processors.numbers.numbers import Totals
from processors.ports.store import ALL_WIKIS, Share
from storage.books import entry_from_row
from storage.connection import Connections, external
from storage.fact_rows import EPOCH, aware
from storage.shares import share_params

_SIGNAL = (
    "wiki", "page", "event_id", "act", "kind", "occurred_at", "rcid", "title", "target", "namespace", "over_redirect",
    "user", "rev_id", "category", "detail",
)  # fmt: skip
_ALERT = (
    "program", "alert_id", "kind", "state", "wiki", "title", "users", "opened_at", "changed_at", "step_states",
    "step_times", "step_causes", "step_users", "step_revisions", "step_details", "fresh", "version", "gone",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """An alert as it is stored."""

    alert: Alert
    fresh: int
    """How many of its last steps were new when it was last written."""
    version: int


@dataclass(frozen=True, slots=True)
class PageWork:
    """What somebody did on a page for a program."""

    program: str
    page: PageRef
    user: str
    verdict: Verdict
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class RevisionWork:
    """An edit in the books of a program."""

    program: str
    revision: RevisionRef
    user: str
    title: str
    verdict: Verdict


class ClickHouseAlerts:
    """Every write may be repeated: the newest version of a row counts. Raises StoreUnavailable as the store does."""

    def __init__(self, connections: Connections, share: Share = ALL_WIKIS) -> None:
        self.connections = connections
        self._share = share

    def write_signals(self, signals: Sequence[Signal]) -> None:
        """Keep what happened, by every title that it is found by."""
        rows = [_signal_row(one, page) for one in signals for page in one.titles]
        if rows:
            self.connections.insert("signals", _SIGNAL, list(zip(*rows, strict=True)))

    def signals_of_pages(self, pages: Collection[PageRef]) -> list[Signal]:
        """All that ever happened at these titles."""
        if not pages:
            return []
        return [_signal(row) for row in self.connections.records("signals_of_pages", tables=[_pages(pages)])]

    def write_program_pages(self, pages: Collection[tuple[PageRef, str]]) -> None:
        """Say that programs know pages."""
        if pages:
            rows = [(page.wiki, page.title, program) for page, program in pages]
            self.connections.insert("program_pages", ("wiki", "title", "program"), list(zip(*rows, strict=True)))

    def programs_of_pages(self, pages: Collection[PageRef]) -> list[tuple[PageRef, str]]:
        """Programs that may know these pages."""
        if not pages:
            return []
        rows = self.connections.rows("programs_of_pages", tables=[_pages(pages)])
        return [(PageRef(wiki, title), program) for wiki, title, program in rows]

    def work_on_pages(self, programs: Collection[str], pages: Collection[PageRef]) -> list[PageWork]:
        """What is in the books of these programs about pages that are at these titles now."""
        if not programs or not pages:
            return []
        rows = self.connections.rows("contributions_on_pages", {"programs": tuple(programs)}, [_pages(pages)])
        return [
            PageWork(program, PageRef(wiki, title), user, Verdict(verdict), aware(at))
            for program, wiki, title, user, verdict, at in rows
        ]

    def work_of_revisions(self, programs: Collection[str], revisions: Collection[RevisionRef]) -> list[RevisionWork]:
        """The edits in the books of these programs that made these revisions."""
        if not programs or not revisions:
            return []
        table = external("revisions", ("wiki", "rev_id"), revisions, ("String", "Int64"))
        rows = self.connections.rows("contributions_of_revisions", {"programs": tuple(programs)}, [table])
        return [
            RevisionWork(program, RevisionRef(wiki, rev_id), user, title, Verdict(verdict))
            for program, wiki, rev_id, user, title, verdict in rows
        ]

    def write_alerts(self, alerts: Sequence[tuple[Alert, int]], gone: Sequence[Alert], version: int) -> None:
        """Store alerts, each with how many of its last steps are new; and that others never were."""
        rows = [(*_alert_row(alert), fresh, version, 0) for alert, fresh in alerts]
        rows += [(*_alert_row(alert), 0, version, 1) for alert in gone]
        if rows:
            self.connections.insert("alerts", _ALERT, list(zip(*rows, strict=True)))

    def alerts_of_pages(self, programs: Collection[str], pages: Collection[PageRef]) -> list[Written]:
        """What is stored about these pages for these programs."""
        if not programs or not pages:
            return []
        return list(self._written("alerts_of_pages", {"programs": tuple(programs)}, [_pages(pages)]))

    def alerts_of_ids(self, keys: Collection[tuple[str, str]]) -> list[Written]:
        """The alerts of these (program, alert_id), as far as they are stored."""
        if not keys:
            return []
        return list(self._written("alerts_of_ids", tables=[external("keys", ("program", "alert_id"), keys)]))

    def alerts_of_kinds(self, programs: Collection[str], kinds: Collection[AlertKind]) -> list[Written]:
        """All alerts of these kinds that these programs ever had."""
        if not programs:
            return []
        params = {"kinds": tuple(map(str, kinds))}
        return list(self._written("alerts_of_kinds", params, [_programs(programs)]))

    def open_alerts(self, kinds: Collection[AlertKind]) -> list[Alert]:
        """Those of these kinds that are open, of all programs."""
        return [one.alert for one in self._written("alerts_open", {"kinds": tuple(map(str, kinds))})]

    def newest_checkpoint(self) -> int:
        """Its version; 0: there is none."""
        ((version,),) = self.connections.rows("newest_checkpoint")
        return int(version)

    def alerts_since(self, version: int) -> list[Written]:
        """What was written after a version, of our wikis or of none."""
        return list(self._written("alerts_since", {"since": version} | share_params(self._share)))

    def alerted_pages(self, kinds: Collection[AlertKind]) -> set[tuple[str, PageRef]]:
        """(program, page) of which there are alerts of these kinds."""
        rows = self.connections.rows("alerted_pages", {"kinds": tuple(map(str, kinds))})
        return {(program, PageRef(wiki, title)) for program, wiki, title in rows}

    def changes_since(self, version: int) -> Iterator[Change]:
        """What changed in the books of our wikis after a version; any number fits in memory."""
        params = {"since": version} | share_params(self._share)
        yield from map(_change, self.connections.records("changes_since", params))

    def programs_of_users(self, users: Collection[str]) -> set[tuple[str, str, str]]:
        """(program, wiki, user) where these users have contributed."""
        if not users:
            return set()
        table = external("users", ("user",), ((user,) for user in users))
        return set(self.connections.rows("programs_of_users", tables=[table]))

    def totals_of(self, programs: Collection[str]) -> dict[str, Totals]:
        """The numbers of programs, of those that have any."""
        if not programs:
            return {}
        rows = self.connections.records("alert_totals", tables=[_programs(programs)])
        return {row["program"]: _totals(row) for row in rows}

    def _written(
        self, name: str, params: Mapping[str, Any] | None = None, tables: Sequence[Mapping[str, Any]] = ()
    ) -> Iterator[Written]:
        for row in self.connections.records(name, params, tables):
            yield Written(alert_from_row(row), row["fresh"], row["version"])


def _pages(pages: Iterable[PageRef]) -> dict[str, Any]:
    return external("pages", ("wiki", "title"), pages)


def _programs(programs: Iterable[str]) -> dict[str, Any]:
    return external("programs", ("program",), ((program,) for program in programs))


def _change(row: Mapping[str, Any]) -> Change:
    return Change(
        entry=entry_from_row(row),
        before=Verdict(row["before"]) if row["before"] else None,
        gone=bool(row["gone"]),
        cause=Cause(row["cause_kind"], row["cause"]),
    )


def _signal_row(one: Signal, page: str) -> tuple[Any, ...]:
    return (
        one.wiki, page, one.order.event_id, str(one.act), str(one.kind or ""), int(one.order.occurred_at.timestamp()),
        one.order.rcid, one.title, one.target, one.namespace, one.over_redirect, one.user, one.rev_id, one.category,
        one.detail,
    )  # fmt: skip


def _signal(row: Mapping[str, Any]) -> Signal:
    return Signal(
        wiki=row["wiki"],
        title=row["title"],
        act=Act(row["act"]),
        order=Order(aware(row["occurred_at"]), row["rcid"], row["event_id"]),
        kind=AlertKind(row["kind"]) if row["kind"] else None,
        user=row["user"],
        rev_id=row["rev_id"],
        category=row["category"],
        detail=row["detail"],
        target=row["target"],
        namespace=row["namespace"],
        over_redirect=bool(row["over_redirect"]),
    )


def _alert_row(alert: Alert) -> tuple[Any, ...]:
    steps = alert.steps
    return (
        alert.program,
        alert.alert_id,
        str(alert.kind),
        str(alert.state),
        alert.wiki,
        alert.title,
        list(alert.users),
        int(alert.opened_at.timestamp()),
        int(alert.changed_at.timestamp()),
        [str(one.state) for one in steps],
        [int(one.at.timestamp()) for one in steps],
        [one.cause for one in steps],
        [one.user for one in steps],
        [one.rev_id for one in steps],
        [one.detail for one in steps],
    )


def alert_from_row(row: Mapping[str, Any]) -> Alert:
    """The alert that a row of `alerts` holds."""
    steps = zip(
        row["step_states"], row["step_times"], row["step_causes"], row["step_users"], row["step_revisions"],
        row["step_details"], strict=True,
    )  # fmt: skip
    return Alert(
        program=row["program"],
        alert_id=row["alert_id"],
        kind=AlertKind(row["kind"]),
        wiki=row["wiki"],
        title=row["title"],
        users=tuple(row["users"]),
        steps=tuple(
            Step(AlertState(state), aware(at), cause, user, rev_id, detail)
            for state, at, cause, user, rev_id, detail in steps
        ),
    )


_NUMBERS = (
    "editors", "edits", "bytes_added", "bytes_removed", "articles_created", "articles_edited", "uploads", "reverted",
    "wikidata_actions", "pages_proofread", "pages_validated",
)  # fmt: skip


def _totals(row: Mapping[str, Any]) -> Totals:
    last = aware(row["last_edit_at"])
    numbers = {name: row[name] for name in _NUMBERS}
    return Totals(participants=0, last_edit_at=last if last > EPOCH else None, **numbers)
