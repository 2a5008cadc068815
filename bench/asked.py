"""Which named queries an answer asks, and how long each takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter
from typing import Any

from storage.clickhouse import ClickHouseStore


def named_queries(store: ClickHouseStore, call: Callable[[], object], runs: int) -> dict[str, tuple[int, float]]:
    """Over some runs, how often each query was asked and its median in milliseconds; what takes longest comes first."""
    taken: defaultdict[str, list[float]] = defaultdict(list)
    with _timed(store, taken):
        for _ in range(runs):
            call()
    medians = {name: (len(times), median(times) * 1000) for name, times in taken.items()}
    return dict(sorted(medians.items(), key=lambda one: -one[1][0] * one[1][1]))


@contextmanager
def _timed(store: ClickHouseStore, taken: defaultdict[str, list[float]]) -> Iterator[None]:
    rows, records = store.connections.rows, store.connections.records

    def timed_rows(name: str, *arguments: Any, **more: Any) -> list[tuple[Any, ...]]:
        started = perf_counter()
        try:
            return rows(name, *arguments, **more)
        finally:
            taken[name].append(perf_counter() - started)

    def timed_records(name: str, *arguments: Any, **more: Any) -> Iterator[dict[str, Any]]:
        started = perf_counter()
        yield from records(name, *arguments, **more)
        taken[name].append(perf_counter() - started)

    store.connections.rows = timed_rows  # type: ignore[method-assign]
    store.connections.records = timed_records  # type: ignore[method-assign]
    try:
        yield
    finally:
        store.connections.rows = rows  # type: ignore[method-assign]
        store.connections.records = records  # type: ignore[method-assign]
