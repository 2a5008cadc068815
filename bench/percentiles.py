"""What a repeated call takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of many runs."""

    runs: int
    p50: float
    p99: float


def repeated(call: Callable[[], object], runs: int) -> Times:
    """Time `runs` calls, after one that is not counted."""
    call()
    taken = []
    for _ in range(runs):
        started = perf_counter()
        call()
        taken.append((perf_counter() - started) * 1000)
    return Times(runs, percentile(taken, 50), percentile(taken, 99))


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` per cent of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(ceil(len(ordered) * percent / 100) - 1, 0)]
