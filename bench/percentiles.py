"""What a repeated call takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from time import perf_counter, process_time

from bench.processes import cpu_seconds


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of many runs."""

    runs: int
    p50: float
    p99: float
    cpu: float
    """Of this process, a run."""
    store_cpu: float
    """Of ClickHouse, a run; what it merges meanwhile is in it."""


def repeated(call: Callable[[], object], runs: int, server: int) -> Times:
    """Time `runs` calls, after one that is not counted.

    Args:
        server: process id of ClickHouse.
    """
    call()
    taken = []
    cpu, store_cpu = process_time(), cpu_seconds(server)
    for _ in range(runs):
        started = perf_counter()
        call()
        taken.append((perf_counter() - started) * 1000)
    cpu, store_cpu = process_time() - cpu, cpu_seconds(server) - store_cpu
    return Times(runs, percentile(taken, 50), percentile(taken, 99), cpu * 1000 / runs, store_cpu * 1000 / runs)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` per cent of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(ceil(len(ordered) * percent / 100) - 1, 0)]
