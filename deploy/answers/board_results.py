"""Frozen results: written once from the books of their moment, and read beside the live numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

import structlog

from deploy.answers.board_asking import Asked, Asking
from processors.numbers.numbers import Metric, Standing
from processors.numbers.results import Snapshot, compare, digest, seal, unseal
from processors.ports.boards import NOW, Board, Comparison, Moment, Result
from processors.programs.program import Visibility
from processors.programs.states import ProgramState
from storage.clickhouse import ClickHouseStore
from storage.statistics import StoredResult

_log = structlog.get_logger()

ReadBoard = Callable[[str, Metric, Moment], Board | None]
"""The whole board of a program at a moment, with real names."""


def write_results(
    store: ClickHouseStore, read_board: ReadBoard, state: ProgramState, clock: Callable[[], datetime]
) -> int:
    """Store what was declared a result and is not stored yet; return how many that was. May be repeated.

    Raises:
        StoreUnavailable: the store is away; call it again.
    """
    missing = {one.name: one for one in state.results}
    if not missing or not state.active:
        return 0
    slug = state.program.slug
    for name in store.result_names(slug):
        missing.pop(name, None)
    written = 0
    for declared in missing.values():
        metric = Metric.POINTS if state.program.points else Metric.BYTES_ADDED
        board = read_board(slug, metric, Moment(as_of=declared.as_of))
        if board is None:
            _log.warning("nothing to freeze: there was no such program then", program=slug, result=declared.name)
            continue
        snapshot = Snapshot(slug, declared.name, declared.as_of, state.version, metric, board.standings, board.totals)
        text = seal(snapshot)
        store.write_result(slug, StoredResult(declared.name, declared.as_of, clock(), text, digest(text)))
        written += 1
    return written


def read_results(
    asking: Asking, slug: str, visibilities: Collection[Visibility], *, names: bool = False
) -> list[Result] | None:
    """The frozen results of a program, the newest first; None where there is no program of these visibilities."""
    asked = asking.ask(slug, visibilities, names=names)
    if asked is None:
        return None
    return [_result(asking, one, asked) for one in asking.store.results(slug, visibilities=visibilities)]


def read_comparison(
    asking: Asking,
    read_board: ReadBoard,
    slug: str,
    name: str,
    visibilities: Collection[Visibility],
    *,
    names: bool = False,
) -> Comparison | None:
    """A frozen result beside the live numbers; None where there is none."""
    stored = asking.store.results(slug, name, visibilities) if name else []
    asked = asking.ask(slug, visibilities, names=names)
    if asked is None or not stored:
        return None
    then = unseal(stored[0].board)
    live = read_board(slug, then.metric, NOW)
    if live is None:
        return None
    people, start = asking.people.people, asked.program.start
    now_called = {one.user: people.current(one.user, one.last_edit_at or start) for one in then.standings}

    def shown(one: Standing | None) -> Standing | None:
        return one and asking.people.masked(one, asked.masks, start)

    return Comparison(
        result=_result(asking, stored[0], asked),
        live=live.totals,
        differences=tuple(
            replace(one, then=shown(one.then), now=shown(one.now))
            for one in compare(then.standings, live.standings, now_called)
        ),
        freshness=live.freshness,
    )


def _result(asking: Asking, stored: StoredResult, asked: Asked) -> Result:
    snapshot = unseal(stored.board)
    lines = [asking.people.masked(one, asked.masks, asked.program.start) for one in snapshot.standings]
    # Within a rank the order of real names must not show through.
    lines.sort(key=lambda one: (one.rank, one.user))
    return Result(
        program=asked.program.slug,
        name=stored.name,
        as_of=stored.as_of,
        frozen_at=stored.frozen_at,
        digest=stored.digest,
        intact=digest(stored.board) == stored.digest,
        metric=snapshot.metric,
        standings=tuple(lines),
        totals=snapshot.totals,
    )
