"""Numbers out of ClickHouse: standings, totals, breakdowns, campaigns, new accounts, frozen results.

Every question says which visibilities its reader may see, and the query keeps all else out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from processors.numbers.newcomers import Registration
from processors.numbers.numbers import By, Division, Standing, Totals
from processors.numbers.standings import Key
from processors.ports.boards import Window
from processors.programs.events import ProgramEvent, decode_change
from processors.programs.program import Session, Visibility
from storage.connection import Connections, external
from storage.fact_rows import EPOCH, aware

EVERYBODY = tuple(Visibility)
"""For readers on this machine."""
_SUMS = (
    "edits", "bytes_added", "bytes_removed", "articles_created", "articles_edited", "uploads", "reverted",
    "wikidata_actions", "pages_proofread", "pages_validated",
)  # fmt: skip
_LAST_SECOND = 2**32 - 1
_ALWAYS = Window()
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Cut:
    """Which contributions are summed up: of a program or a campaign, of a time, as of a moment."""

    visibilities: Collection[Visibility]
    program: str = ""
    campaign: str = ""
    as_of: datetime | None = None
    window: Window = _ALWAYS
    timezone: str = "UTC"
    sessions: Sequence[Session] = ()
    teams: Mapping[str, str] = field(default_factory=dict)
    """Of users by the names that the books have."""
    newcomers: Collection[str] = ()
    """Accounts that are new."""


@dataclass(frozen=True, slots=True)
class Sum:
    """The numbers of a part of the contributions. `key` is as in `processors.numbers.standings.keys_of`."""

    key: Key
    totals: Totals
    newcomers: frozenset[str]
    """The new accounts among its editors."""


@dataclass(frozen=True, slots=True)
class CampaignProgram:
    """A program of a campaign."""

    slug: str
    version: int
    visibility: Visibility
    campaigns: tuple[str, ...]
    definition: str


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A frozen result as it is stored."""

    name: str
    as_of: datetime
    frozen_at: datetime
    board: str
    digest: str


class Statistics:
    """The questions that boards ask."""

    connections: Connections

    def standings(self, slug: str, visibilities: Collection[Visibility] = EVERYBODY) -> list[Standing]:
        """Everybody with a contribution, without team, in no order."""
        params = {"program": slug, "visibilities": _words(visibilities)}
        return [_standing(row) for row in self.connections.records("standings", params)]

    def totals(
        self, slug: str, visibilities: Collection[Visibility] = EVERYBODY, newcomers: Collection[str] = ()
    ) -> Sum:
        """The program's numbers as a whole, as they are now."""
        params = {"program": slug, "visibilities": _words(visibilities)}
        (row,) = self.connections.records("totals", params, [_newcomers(newcomers)])
        return _sum(row, ("", ""))

    def parts(self, cut: Cut, by: By | Division) -> list[Sum]:
        """The numbers of each part, in no order; parts without contributions are left out."""
        return [_sum(row, (row["key"], row["on_wiki"])) for row in self._breakdown(cut, str(by))]

    def whole(self, cut: Cut) -> Sum:
        """The numbers of all parts together."""
        rows = [_sum(row, ("", "")) for row in self._breakdown(cut, "")]
        return rows[0] if rows else Sum(("", ""), Totals(0, 0, 0, 0, 0, 0, 0, None), frozenset())

    def _breakdown(self, cut: Cut, by: str) -> Iterator[dict[str, Any]]:
        window = cut.window
        params = {
            "visibilities": _words(cut.visibilities),
            "program": cut.program,
            "campaign": cut.campaign,
            "version": 0 if cut.as_of is None else version_of(cut.as_of),
            "since": 0 if window.since is None else _second(window.since),
            "until": _LAST_SECOND if window.until is None else _second(window.until),
            "by": by,
            "timezone": cut.timezone,
            # Arrays must have a type: none of these is ever empty.
            "sessions": [0, *range(1, len(cut.sessions) + 1)],
            "starts": [0, *(_second(one.start) for one in cut.sessions)],
            "ends": [0, *(_second(one.end) for one in cut.sessions)],
        }
        members = external("members", ("user", "team"), [("", ""), *cut.teams.items()])
        yield from self.connections.records("breakdown", params, [members, _newcomers(cut.newcomers)])

    def contributors(self, slug: str, visibilities: Collection[Visibility] = EVERYBODY) -> list[str]:
        """Who is in a program's books, counted or not; the first who did something first."""
        params = {"program": slug, "visibilities": _words(visibilities)}
        return [user for (user,) in self.connections.rows("contributors", params)]

    def registrations(
        self,
        since: datetime,
        until: datetime,
        names: Collection[str],
        visibilities: Collection[Visibility] = EVERYBODY,
        *,
        program: str = "",
        campaign: str = "",
    ) -> list[Registration]:
        """Accounts made in `[since, until)`: of these names, and of those in the books of a program or campaign."""
        params: dict[str, Any] = {"since": _second(since), "until": _second(until)}
        table = external("names", ("user",), ((one,) for one in names))
        if program or campaign:
            params |= {"program": program, "campaign": campaign, "visibilities": _words(visibilities)}
            rows = self.connections.rows("registrations", params, [table])
        else:
            rows = self.connections.rows("registrations_of_names", params, [table])
        return [Registration(user, aware(at), aware(seen_at)) for user, at, seen_at in rows]

    def campaign_programs(
        self, campaign: str = "", visibilities: Collection[Visibility] = EVERYBODY
    ) -> list[CampaignProgram]:
        """The programs of a campaign, or of any, by slug. Private ones take part in none."""
        params = {"campaign": campaign, "visibilities": _words(visibilities)}
        return [
            CampaignProgram(slug, version, Visibility(visibility), tuple(campaigns), definition)
            for slug, version, visibility, campaigns, definition in self.connections.rows("campaigns", params)
        ]

    def program_history(
        self, slug: str, visibilities: Collection[Visibility] = EVERYBODY, after: int = 0
    ) -> list[ProgramEvent]:
        """Everything that was decided about a program behind a version of it, in order.

        Raises:
            InvalidEvent: an event was written by a newer wikitally.
        """
        params = {"program": slug, "after": after, "visibilities": _words(visibilities)}
        return [_event(row) for row in self.connections.records("program_history", params)]

    def results(
        self, slug: str, name: str = "", visibilities: Collection[Visibility] = EVERYBODY
    ) -> list[StoredResult]:
        """The frozen results of a program, or the one of that name; the newest first."""
        params = {"program": slug, "name": name, "visibilities": _words(visibilities)}
        return [
            StoredResult(name, aware(as_of), aware(frozen_at), board, digest)
            for name, as_of, frozen_at, board, digest in self.connections.rows("results", params)
        ]

    def results_shown(self, slug: str, visibilities: Collection[Visibility] = EVERYBODY) -> list[str]:
        """Names of the frozen results of a program, the newest first."""
        params = {"program": slug, "visibilities": _words(visibilities)}
        return [name for (name,) in self.connections.rows("results_shown", params)]

    def result_names(self, slug: str) -> list[str]:
        """Which results a program has, whoever may see them: for whoever writes them."""
        return [name for (name,) in self.connections.rows("result_names", {"program": slug})]

    def write_result(self, slug: str, result: StoredResult) -> bool:
        """Store a frozen result, once: False if the program has one of that name, which stays as it is."""
        if result.name in self.result_names(slug):
            return False
        values = (slug, result.name, result.as_of, result.frozen_at, result.board, result.digest)
        columns = ("program", "name", "as_of", "frozen_at", "board", "digest")
        self.connections.insert("results", columns, [[value] for value in values])
        return True


def version_of(at: datetime) -> int:
    """The last version that the ledger may have had at a time."""
    return max((at - EPOCH) // _MICROSECOND, 1)


def _second(at: datetime) -> int:
    return min(max(int(at.timestamp()), 0), _LAST_SECOND)


def _words(visibilities: Collection[Visibility]) -> tuple[str, ...]:
    # No list is empty in SQL.
    return tuple(map(str, visibilities)) or ("",)


def _newcomers(names: Collection[str]) -> dict[str, Any]:
    return external("newcomers", ("user",), ((name,) for name in names))


def _numbers(row: Mapping[str, Any]) -> dict[str, Any]:
    last = aware(row["last_edit_at"])
    return {name: row[name] for name in _SUMS} | {"last_edit_at": last if last > EPOCH else None}


def _standing(row: Mapping[str, Any]) -> Standing:
    return Standing(user=row["user"], team="", **_numbers(row))


def _sum(row: Mapping[str, Any], key: Key) -> Sum:
    new = frozenset(row["new_editors"])
    totals = Totals(
        participants=row["editors"],
        editors=row["editors"],
        new_editors=len(new),
        temporary_editors=row["temporary_editors"],
        **_numbers(row),
    )
    return Sum(key, totals, new)


def _event(row: dict[str, Any]) -> ProgramEvent:
    change = decode_change(row.pop("kind"), row.pop("payload"))
    return ProgramEvent(**row | {"recorded_at": aware(row["recorded_at"])}, change=change)
