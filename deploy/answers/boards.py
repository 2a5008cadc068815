"""The read side: `Boards` over the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime

from deploy.answers.board_asking import Asking
from deploy.answers.board_campaigns import list_campaigns, read_campaign_board
from deploy.answers.board_parts import line, parts
from deploy.answers.board_results import read_comparison, read_results, write_results
from deploy.answers.explaining import stored_program
from deploy.answers.quiet_evidence import QuietSentences
from processors.numbers.goals import goals
from processors.numbers.numbers import By, Division, Metric
from processors.numbers.points import points
from processors.numbers.standings import rank
from processors.ports.boards import (
    NOW,
    Board,
    Campaign,
    CampaignBoard,
    Comparison,
    Freshness,
    Moment,
    ProgramView,
    Result,
    Statistics,
)
from processors.privacy.pseudonyms import all_hidden
from processors.programs.program import Program, Visibility
from processors.programs.states import ProgramState
from processors.why.rules import rules
from storage.clickhouse import ClickHouseStore
from storage.statistics import EVERYBODY

_LISTED = (Visibility.PUBLIC,)
_LINKED = (Visibility.PUBLIC, Visibility.UNLISTED)


class StoreBoards:
    """Answers of the store, read in threads; `read_` and `list_` ones are synchronous and serve the command line.

    These see private programs too, and show real names when told to with `names`.
    """

    def __init__(self, store: ClickHouseStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._asking = Asking(store, clock)
        self._quiet = QuietSentences(store, clock)
        self._visibilities: Collection[Visibility] = _LINKED

    def to(self, visibilities: Collection[Visibility]) -> StoreBoards:
        """As `Boards.to`."""
        other = copy(self)
        other._visibilities = visibilities
        return other

    async def programs(self) -> Sequence[Program]:
        return await asyncio.to_thread(self.list_programs, _LISTED)

    async def program(self, slug: str) -> ProgramView | None:
        return await asyncio.to_thread(self.read_program, slug, self._visibilities)

    async def board(
        self, slug: str, metric: Metric, limit: int | None = None, *, moment: Moment = NOW, by: By = By.USER
    ) -> Board | None:
        return await asyncio.to_thread(self.read_board, slug, metric, limit, self._visibilities, moment=moment, by=by)

    async def statistics(self, slug: str, by: Division, *, moment: Moment = NOW) -> Statistics | None:
        return await asyncio.to_thread(self.read_statistics, slug, by, self._visibilities, moment=moment)

    async def results(self, slug: str) -> Sequence[Result] | None:
        return await asyncio.to_thread(self.read_results, slug, self._visibilities)

    async def comparison(self, slug: str, name: str) -> Comparison | None:
        return await asyncio.to_thread(self.read_comparison, slug, name, self._visibilities)

    async def campaigns(self) -> Sequence[Campaign]:
        return await asyncio.to_thread(self.list_campaigns, _LINKED)

    async def campaign_board(
        self, slug: str, metric: Metric, limit: int | None = None, *, moment: Moment = NOW, by: By = By.USER
    ) -> CampaignBoard | None:
        return await asyncio.to_thread(self.read_campaign_board, slug, metric, limit, _LINKED, moment=moment, by=by)

    async def freshness(self) -> Freshness:
        return await asyncio.to_thread(self.read_freshness)

    def read_freshness(self) -> Freshness:
        """As `Boards.freshness`."""
        return self._asking.freshness()

    def list_programs(self, visibilities: Collection[Visibility] = EVERYBODY) -> list[Program]:
        """Programs of these visibilities, newest start first."""
        programs = [stored_program(text) for _, text in self._store.definitions(visibilities).values()]
        return sorted(programs, key=lambda program: (program.start, program.slug), reverse=True)

    def read_program(self, slug: str, visibilities: Collection[Visibility] = EVERYBODY) -> ProgramView | None:
        """As `Boards.program`."""
        found = self._store.definition(slug, visibilities)
        if found is None:
            return None
        version, program = found[0], stored_program(found[1])
        told = program
        if all_hidden(program, self._clock()):
            told = replace(program, participants=tuple(replace(one, hidden=True) for one in program.participants))
        names = tuple(self._store.results_shown(slug, visibilities))
        return ProgramView(program, version, tuple(rules(told)), names, self._asking.freshness())

    def read_board(
        self,
        slug: str,
        metric: Metric,
        limit: int | None = None,
        visibilities: Collection[Visibility] = EVERYBODY,
        *,
        moment: Moment = NOW,
        by: By = By.USER,
        names: bool = False,
    ) -> Board | None:
        """The leaderboard of a program of these visibilities, or None."""
        asked = self._asking.ask(slug, visibilities, moment, names=names)
        if asked is None:
            return None
        program, cut = asked.program, asked.cut
        if asked.live and by is By.USER:
            lines = self._store.standings(slug, visibilities)
        else:
            lines = [line(one, by) for one in self._store.parts(cut, by)]
        whole = self._store.totals(slug, visibilities, cut.newcomers) if asked.live else self._store.whole(cut)
        totals = self._asking.totals(asked, whole)
        if program.points:
            lines = [replace(one, points=points(program.points, one)) for one in lines]
        return Board(
            program=program,
            metric=metric,
            standings=tuple(rank(self._asking.shown(lines, by, [program], cut.teams, asked.masks), metric)[:limit]),
            totals=totals,
            freshness=asked.freshness,
            by=by,
            goals=goals(program, totals),
            quiet=() if lines or not asked.live else self._quiet.of(program),
        )

    def read_boards(self, metric: Metric) -> tuple[Board, ...]:
        """The leaderboards of all programs."""
        boards = (self.read_board(program.slug, metric) for program in self.list_programs())
        return tuple(board for board in boards if board is not None)

    def read_statistics(
        self, slug: str, by: Division, visibilities: Collection[Visibility] = EVERYBODY, *, moment: Moment = NOW
    ) -> Statistics | None:
        """A program's numbers, broken down."""
        asked = self._asking.ask(slug, visibilities, moment, names=True)
        if asked is None:
            return None
        totals = self._asking.totals(asked, self._store.whole(asked.cut))
        found = parts(self._store.parts(asked.cut, by), by, asked.program)
        return Statistics(asked.program, by, tuple(found), totals, asked.freshness)

    def read_results(
        self, slug: str, visibilities: Collection[Visibility] = EVERYBODY, *, names: bool = False
    ) -> list[Result] | None:
        """As `Boards.results`."""
        return read_results(self._asking, slug, visibilities, names=names)

    def read_comparison(
        self, slug: str, name: str, visibilities: Collection[Visibility] = EVERYBODY, *, names: bool = False
    ) -> Comparison | None:
        """As `Boards.comparison`."""
        return read_comparison(self._asking, self._whole_board, slug, name, visibilities, names=names)

    def write_results(self, state: ProgramState) -> int:
        """Store what was declared a result of a program and is not stored yet; return how many that was.

        For whoever follows the program log, once `programs` shows the state. May be repeated.

        Raises:
            StoreUnavailable: the store is away; call it again.
        """
        return write_results(self._store, self._whole_board, state, self._clock)

    def _whole_board(self, slug: str, metric: Metric, moment: Moment) -> Board | None:
        return self.read_board(slug, metric, moment=moment, names=True)

    def list_campaigns(self, visibilities: Collection[Visibility] = EVERYBODY) -> list[Campaign]:
        """As `Boards.campaigns`."""
        return list_campaigns(self._asking, visibilities)

    def read_campaign_board(
        self,
        slug: str,
        metric: Metric,
        limit: int | None = None,
        visibilities: Collection[Visibility] = EVERYBODY,
        *,
        moment: Moment = NOW,
        by: By = By.USER,
        names: bool = False,
    ) -> CampaignBoard | None:
        """As `Boards.campaign_board`."""
        return read_campaign_board(self._asking, slug, metric, limit, visibilities, moment=moment, by=by, names=names)
