"""From one assignment to the next: who begins anew, who waits, and what is shown of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from deploy.working.shifts import FENCED_SECONDS, Shifts, next_offsets
from ingest.kafka_reading import Mark
from processors.errors import LogUnavailable, NotOurs, StoreUnavailable, TooManyInvalidEvents
from processors.metrics import FENCED, LOG_AWAY, LOG_LAG, REBALANCES, WATERMARK
from processors.ports.store import Reached
from storage.positions import LogPosition
from tests.recorders import RecordedMetrics
from tests.skipping_time import run_skipping

OURS = frozenset({0, 1})


class Scripted(Shifts):
    """Shifts whose work ends as is said, time after time; after that it goes on for ever."""

    def __init__(self, *ends: Exception) -> None:
        self.metrics = RecordedMetrics()
        nothing: Any = SimpleNamespace(store=SimpleNamespace(connections=None))
        super().__init__(nothing, "facts", cast(Any, None), cast(Any, None), self.metrics)
        self._ends = list(ends)
        self.begun: list[float] = []
        """Seconds of the loop."""

    async def _work(self, partitions: frozenset[int]) -> None:
        assert partitions == OURS
        self.begun.append(asyncio.get_running_loop().time())
        self.metrics.set(LOG_LAG, 7, partition="0")
        self.metrics.set(WATERMARK, 1)
        if self._ends:
            raise self._ends.pop(0)
        await asyncio.Event().wait()

    @property
    def waits(self) -> Sequence[int]:
        """Whole seconds between one beginning and the next."""
        return [round(later - earlier) for earlier, later in zip(self.begun, self.begun[1:], strict=False)]


def test_a_shift_that_broke_off_begins_anew_soon() -> None:
    async def run() -> None:
        shifts = Scripted(StoreUnavailable("away"), ValueError("unforeseen"))
        await shifts.begin(OURS)
        await asyncio.sleep(60)
        assert shifts.waits == [1, 1]
        await shifts.end()

    run_skipping(run())


def test_whoever_is_fenced_and_loses_the_partitions_does_not_begin_again() -> None:
    async def run() -> None:
        shifts = Scripted(NotOurs("taken"))
        await shifts.begin(OURS)
        await asyncio.sleep(FENCED_SECONDS / 2)
        await shifts.end()
        await asyncio.sleep(FENCED_SECONDS * 10)
        assert len(shifts.begun) == 1
        assert shifts.metrics.total(FENCED) == 1

    run_skipping(run())


def test_whoever_is_fenced_and_keeps_the_partitions_takes_them_back() -> None:
    """A worker that lost them may have been slow to write that they were its own."""

    async def run() -> None:
        shifts = Scripted(NotOurs("taken"))
        await shifts.begin(OURS)
        await asyncio.sleep(FENCED_SECONDS * 2)
        assert shifts.waits == [round(FENCED_SECONDS)]
        await shifts.end()

    run_skipping(run())


def test_a_stream_that_is_no_longer_what_it_was_ends_the_worker() -> None:
    async def run() -> None:
        shifts = Scripted(TooManyInvalidEvents("200 in a row"))
        await shifts.begin(OURS)
        await asyncio.sleep(60)
        assert isinstance(shifts.failed.exception(), TooManyInvalidEvents)
        assert len(shifts.begun) == 1

    run_skipping(run())


def test_what_is_shown_of_partitions_is_shown_no_more_when_they_are_given_back() -> None:
    async def run() -> None:
        shifts = Scripted()
        await shifts.begin(OURS)
        await asyncio.sleep(1)
        assert shifts.metrics.gauges
        await shifts.begin(frozenset())
        assert shifts.metrics.gauges == {(LOG_AWAY.name,): 0}
        assert shifts.metrics.total(REBALANCES) == 2

    run_skipping(run())


def test_what_is_offered_waits_for_a_shift_and_is_let_go_when_it_ends() -> None:
    async def run() -> None:
        shifts = Scripted()
        await shifts.begin(OURS)
        offered = asyncio.create_task(shifts.offer([]))
        await asyncio.sleep(60)
        assert not offered.done()
        await shifts.end()
        await asyncio.sleep(1)
        assert offered.done()

    run_skipping(run())


# where to go on

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MARK = Mark(None, {0: 5, 1: 0, 2: 3}, {0: 10, 1: 0, 2: 8})


def stored(**offsets: int) -> dict[int, LogPosition]:
    """By partition, as `p0=7`: the last that is stored."""
    return {int(name[1:]): LogPosition(Reached(offset, 0), NOON, 1) for name, offset in offsets.items()}


def test_reading_goes_on_behind_what_is_stored_and_begins_where_nothing_is() -> None:
    assert next_offsets({0, 1, 2}, stored(p0=7), MARK) == {0: 8, 1: 0, 2: 3}
    assert next_offsets({0}, stored(p0=9), MARK) == {0: 10}


def test_what_kafka_has_deleted_stays_expected_so_that_it_is_written_down_as_missing() -> None:
    assert next_offsets({0}, stored(p0=1), MARK) == {0: 2}


def test_a_log_that_ends_before_what_is_stored_is_another_one_and_read_from_its_beginning() -> None:
    assert next_offsets({0, 2}, stored(p0=10, p2=7), MARK) == {0: 5, 2: 8}
    assert next_offsets({0, 1}, stored(p0=4, p1=0), MARK) == {0: 5, 1: 0}


# what is away


def test_kafka_is_away_when_it_does_not_answer_and_when_it_does_not_take_what_is_published() -> None:
    async def run() -> None:
        shifts = Scripted()
        gauge = shifts.metrics.gauges
        assert (shifts.log_away, gauge[LOG_AWAY.name,]) == (False, 0)
        pipeline = SimpleNamespace(log_away=True, store_away=False)
        shifts._now = cast(Any, SimpleNamespace(pipeline=pipeline))
        shifts._show_log()
        assert (shifts.log_away, shifts.store_away, gauge[LOG_AWAY.name,]) == (True, False, 1)
        pipeline.log_away = False
        answers: list[Exception | None] = [LogUnavailable("away"), LogUnavailable("away"), None]
        seen = []

        def ask() -> None:
            seen.append((shifts.log_away, gauge[LOG_AWAY.name,]))
            if (error := answers.pop(0)) is not None:
                raise error

        shifts._show_log()
        await shifts._ask(ask)
        assert seen == [(False, 0), (True, 1), (True, 1)]
        assert (shifts.log_away, gauge[LOG_AWAY.name,]) == (False, 0)

    asyncio.run(run())
