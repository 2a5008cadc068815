"""The read side: `Boards` over the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache

from processors.definitions import parse_programs
from processors.ports import Board, Freshness, Metric
from processors.programs import Program, Visibility
from processors.standings import rank
from storage.clickhouse import ClickHouseStore

_LISTED = (Visibility.PUBLIC,)
_LINKED = (Visibility.PUBLIC, Visibility.UNLISTED)


@lru_cache(maxsize=256)
def _program(definition: str) -> Program:
    """A stored definition is valid: it was checked when it was applied."""
    (program,) = parse_programs(definition, source="stored program")
    return program


class StoreBoards:
    """Answers of the store, read in threads; `synchronous` ones serve the command line."""

    def __init__(self, store: ClickHouseStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    async def programs(self) -> Sequence[Program]:
        return await asyncio.to_thread(self.list_programs, _LISTED)

    async def board(self, slug: str, metric: Metric, limit: int | None = None) -> Board | None:
        return await asyncio.to_thread(self.read_board, slug, metric, limit, _LINKED)

    async def freshness(self) -> Freshness:
        return await asyncio.to_thread(self._store.freshness, self._clock)

    def list_programs(self, visibilities: Sequence[Visibility] = tuple(Visibility)) -> list[Program]:
        """Programs of these visibilities, newest start first."""
        programs = [_program(text) for _, text in self._store.definitions(visibilities).values()]
        return sorted(programs, key=lambda program: (program.start, program.slug), reverse=True)

    def read_board(
        self,
        slug: str,
        metric: Metric,
        limit: int | None = None,
        visibilities: Sequence[Visibility] = tuple(Visibility),
    ) -> Board | None:
        """The leaderboard of a program of these visibilities, or None."""
        found = self._store.definition(slug, visibilities)
        if found is None:
            return None
        program = _program(found[1])
        teams = {one.user: one.team for one in program.participants if one.team}
        freshness = self._store.freshness(self._clock)
        ranked = rank(self._store.standings(slug), metric, teams)
        return Board(
            program=program,
            metric=metric,
            standings=tuple(ranked[:limit]),
            totals=self._store.totals(slug, None if program.open else len(program.participants)),
            freshness=freshness,
        )

    def read_boards(self, metric: Metric) -> tuple[Board, ...]:
        """The leaderboards of all programs."""
        boards = (self.read_board(program.slug, metric) for program in self.list_programs())
        return tuple(board for board in boards if board is not None)
