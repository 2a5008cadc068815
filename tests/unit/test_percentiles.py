"""Percentiles of measured times."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from bench.percentiles import percentile, repeated


def test_of_a_hundred_values_the_99th_percentile_leaves_one_above() -> None:
    values = [float(one) for one in range(100, 0, -1)]
    assert percentile(values, 99) == 99.0
    assert percentile(values, 50) == 50.0


@given(st.lists(st.floats(allow_nan=False), min_size=1), st.floats(min_value=0, max_value=100))
def test_a_percentile_is_one_of_the_values_and_enough_do_not_exceed_it(values: list[float], percent: float) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(one <= found for one in values) / len(values) >= percent / 100 - 1e-9


def test_the_first_call_is_not_counted() -> None:
    calls: list[int] = []
    assert repeated(lambda: calls.append(1), 5, os.getpid()).runs == 5
    assert len(calls) == 6
