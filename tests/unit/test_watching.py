"""When a worker is taken for ill, and when it ends so that another one is started."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import pytest

from deploy.working.shifts import Shifts
from deploy.working.watching import STALLED_SECONDS, UNHEALTHY_SECONDS, UNSETTLED_SECONDS, Stalled, Watch
from tests.skipping_time import run_skipping


@dataclass
class Seen:
    """What of `Shifts` is looked at."""

    lag: int = 100
    taken: int = 0
    busy: bool = False
    log_away: bool = False
    store_away: bool = False
    ours: frozenset[int] = frozenset({0})


def watched(seen: Seen) -> Watch:
    return Watch(cast(Shifts, seen))


def ends_after(seen: Seen, each_second: Callable[[Seen, int], None] = lambda seen, second: None) -> float:
    """Seconds after which it ends; infinity where it still looks after ten times as long as is allowed."""

    async def run() -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        running = asyncio.ensure_future(watched(seen).run())
        for second in range(int(STALLED_SECONDS * 10)):
            each_second(seen, second)
            await asyncio.sleep(1)
            if running.done():
                with pytest.raises(Stalled, match="100 messages wait"):
                    running.result()
                return loop.time() - began
        running.cancel()
        return float("inf")

    return run_skipping(run())


def test_a_worker_that_reads_nothing_although_messages_wait_ends() -> None:
    assert ends_after(Seen()) == pytest.approx(STALLED_SECONDS, abs=3)


def reads(seen: Seen, second: int) -> None:
    seen.taken += second % 200 == 0


def is_busy(seen: Seen, second: int) -> None:
    seen.busy = second % 250 == 0


def is_without_kafka(seen: Seen, second: int) -> None:
    seen.log_away = second % 250 == 0


@pytest.mark.parametrize("what", [reads, is_busy, is_without_kafka])
def test_one_that_reads_a_little_or_has_something_to_wait_for_goes_on(what: Any) -> None:
    assert ends_after(Seen(), what) == float("inf")


def test_one_that_has_nothing_to_read_goes_on() -> None:
    assert ends_after(Seen(lag=0)) == float("inf")


def rebalances_until(seconds: float, seen: Seen) -> bool:
    """Whether it has ended within ten minutes, of a rebalance that lasts so long, and another one after it."""

    async def run() -> bool:
        loop = asyncio.get_running_loop()
        running = asyncio.ensure_future(
            Watch(cast(Shifts, seen), lambda: loop.time() < seconds or loop.time() > 600 - seconds).run()
        )
        await asyncio.sleep(600)
        if running.done():
            with pytest.raises(Stalled, match="rebalancing"):
                running.result()
            return True
        running.cancel()
        return False

    return run_skipping(run())


def test_a_rebalance_without_end_ends_it_and_two_that_end_do_not() -> None:
    assert rebalances_until(UNSETTLED_SECONDS + 5, Seen(lag=0))
    assert not rebalances_until(UNSETTLED_SECONDS - 5, Seen(lag=0))
    assert not rebalances_until(UNSETTLED_SECONDS + 5, Seen(lag=0, log_away=True))


def test_it_says_that_it_is_ill_long_before_it_ends_and_is_well_again_when_it_reads() -> None:
    seen = Seen()

    async def run() -> list[tuple[bool, str]]:
        watch = watched(seen)
        running = asyncio.ensure_future(watch.run())
        said = []
        for seconds in (UNHEALTHY_SECONDS - 5, 10, 2):
            await asyncio.sleep(seconds)
            said.append((watch.health().ok, watch.health().detail))
            seen.taken += seconds == 10
        running.cancel()
        return said

    assert UNHEALTHY_SECONDS < STALLED_SECONDS
    assert run_skipping(run()) == [(True, ""), (False, "100 messages wait, and none is read"), (True, "")]


@pytest.mark.parametrize(
    ("seen", "ok", "detail"),
    [
        (Seen(log_away=True, store_away=True), False, "Kafka does not answer"),
        (Seen(store_away=True, busy=True), False, "the store does not answer"),
        (Seen(busy=True), True, "loading"),
        (Seen(ours=frozenset()), True, "no partitions"),
        (Seen(), True, ""),
    ],
)
def test_health_says_what_it_waits_for(seen: Seen, ok: bool, detail: str) -> None:
    health = watched(seen).health()
    assert (health.ok, health.detail) == (ok, detail)
