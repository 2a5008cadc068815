"""A read side in memory: for faults and changes that a store would not make on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from processors.errors import StoreUnavailable
from processors.ports import Board, Freshness, Metric, Standing, Totals
from processors.programs import Participant, Program, Session
from processors.standings import rank

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

    def put(self, one: Standing) -> None:
        """Replace somebody's numbers."""
        self.standings = [other for other in self.standings if other.user != one.user] + [one]

    def _ask(self) -> None:
        self.queries += 1
        if self.away:
            raise StoreUnavailable("gone")

    async def programs(self) -> Sequence[Program]:
        self._ask()
        return self.listed

    async def freshness(self) -> Freshness:
        self._ask()
        return self.fresh

    async def board(self, slug: str, metric: Metric, limit: int | None = None) -> Board | None:
        self._ask()
        program = next((one for one in self.listed if one.slug == slug), None)
        if program is None:
            return None
        teams = {one.user: one.team for one in program.participants}
        ranked = rank(self.standings, metric, teams)
        totals = Totals(
            participants=len(program.participants),
            editors=len(ranked),
            edits=sum(one.edits for one in ranked),
            bytes_added=sum(one.bytes_added for one in ranked),
            bytes_removed=5 * len(ranked),
            articles_created=len(ranked),
            articles_edited=len(ranked),
            last_edit_at=START if ranked else None,
        )
        return Board(program, metric, tuple(ranked[:limit]), totals, self.fresh)

    def hide(self) -> None:
        """Take the program away, as making it private does."""
        self.listed = []

    def retitle(self, title: str) -> None:
        self.listed = [replace(PROGRAM, title=title)]
