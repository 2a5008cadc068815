"""A read side in memory: for faults and changes that a store would not make on demand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from processors.errors import InvalidInput, StoreUnavailable
from processors.numbers.goals import goals
from processors.numbers.numbers import By, Division, Metric, Standing, Totals
from processors.numbers.results import compare
from processors.numbers.standings import rank
from processors.ports.boards import (
    NOW,
    Board,
    Campaign,
    CampaignBoard,
    Comparison,
    Freshness,
    Moment,
    Part,
    ProgramView,
    Result,
    Statistics,
    session_of,
)
from processors.programs.program import Participant, Program, Session, Visibility

START = datetime(2026, 11, 24, 14, tzinfo=UTC)
PROGRAM = Program(
    slug="wir",
    title="Women in <Red> & more",
    sessions=(Session(START, START + timedelta(hours=3)),),
    wikis=("en.wikipedia.org",),
    timezone="Europe/Paris",
    participants=(Participant("Ada", team="blue"), Participant("Ben")),
)


def standing(user: str, edits: int, bytes_added: int = 0, team: str = "") -> Standing:
    return Standing(user, team, edits, bytes_added, 5, 1, edits, START)


class MemoryBoards:
    """`Boards` over a list that tests change."""

    def __init__(self, *standings: Standing) -> None:
        self.standings = list(standings)
        self.listed = [PROGRAM]
        self.fresh = Freshness(START, 1.25, 0)
        self.away = False
        self.queries = 0
        self.quiet: tuple[str, ...] = ()
        self.frozen: list[Result] = []
        self.asked: list[tuple[Moment, By | Division]] = []

    def put(self, one: Standing) -> None:
        """Replace somebody's numbers."""
        self.standings = [other for other in self.standings if other.user != one.user] + [one]

    def _ask(self) -> None:
        self.queries += 1
        if self.away:
            raise StoreUnavailable("gone")

    def to(self, visibilities: Collection[Visibility]) -> MemoryBoards:
        """All of them see the same."""
        return self

    async def programs(self) -> Sequence[Program]:
        self._ask()
        return self.listed

    async def freshness(self) -> Freshness:
        self._ask()
        return self.fresh

    def _find(self, slug: str) -> Program | None:
        self._ask()
        return next((one for one in self.listed if one.slug == slug), None)

    async def board(
        self, slug: str, metric: Metric, limit: int | None = None, *, moment: Moment = NOW, by: By = By.USER
    ) -> Board | None:
        program = self._find(slug)
        if program is None:
            return None
        self.asked.append((moment, by))
        if moment.session is not None and session_of(program, moment.session) is None:
            raise InvalidInput(f"{slug}: no session {moment.session!r}")
        teams = {one.user: one.team for one in program.participants}
        ranked = rank(self.standings, metric, teams)
        totals = self._totals()
        reached = goals(program, totals)
        return Board(program, metric, tuple(ranked[:limit]), totals, self.fresh, by, reached, self.quiet)

    def _totals(self) -> Totals:
        return Totals(
            participants=2,
            editors=len(self.standings),
            edits=sum(one.edits for one in self.standings),
            bytes_added=sum(one.bytes_added for one in self.standings),
            bytes_removed=5 * len(self.standings),
            articles_created=len(self.standings),
            articles_edited=len(self.standings),
            last_edit_at=START if self.standings else None,
        )

    async def program(self, slug: str) -> ProgramView | None:
        program = self._find(slug)
        if program is None:
            return None
        names = tuple(one.name for one in self.frozen)
        return ProgramView(program, 3, ("Everyone's edits count.",), names, self.fresh)

    async def statistics(self, slug: str, by: Division, *, moment: Moment = NOW) -> Statistics | None:
        program = self._find(slug)
        if program is None:
            return None
        self.asked.append((moment, by))
        return Statistics(program, by, (Part("=1", "=1", self._totals()),), self._totals(), self.fresh)

    async def results(self, slug: str) -> Sequence[Result] | None:
        return None if self._find(slug) is None else self.frozen

    async def comparison(self, slug: str, name: str) -> Comparison | None:
        found = next((one for one in self.frozen if one.name == name), None)
        if self._find(slug) is None or found is None:
            return None
        return Comparison(found, self._totals(), tuple(compare(found.standings, self.standings, {})), self.fresh)

    async def campaigns(self) -> Sequence[Campaign]:
        self._ask()
        return [Campaign("autumn", tuple(self.listed), 1)]

    async def campaign_board(
        self, slug: str, metric: Metric, limit: int | None = None, *, moment: Moment = NOW, by: By = By.USER
    ) -> CampaignBoard | None:
        self._ask()
        if slug != "autumn":
            return None
        campaign = Campaign(slug, tuple(self.listed), 1)
        ranked = rank(self.standings, metric)
        return CampaignBoard(campaign, metric, tuple(ranked[:limit]), self._totals(), self.fresh, by)

    def freeze(self, name: str) -> None:
        """Declare the numbers of now a result."""
        ranked = tuple(rank(self.standings, Metric.EDITS))
        frozen = Result("wir", name, START, START, "0" * 64, True, Metric.EDITS, ranked, self._totals())
        self.frozen.insert(0, frozen)

    def hide(self) -> None:
        """Take the program away, as making it private does."""
        self.listed = []

    def retitle(self, title: str) -> None:
        self.listed = [replace(PROGRAM, title=title)]
