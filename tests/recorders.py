"""Small recorders that stand where production code measures."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from processors.metrics import MetricDef

EVENTSTREAMS = Path(__file__).parent / "data" / "eventstreams"
"""Recorded events; `PROVENANCE.md` there says from where."""


class RecordedMetrics:
    """Counts per (metric name, label values…)."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, ...]] = Counter()
        self.gauges: dict[tuple[str, ...], float] = {}
        self.observed: dict[tuple[str, ...], list[float]] = {}

    def count(self, metric: MetricDef, amount: float = 1, /, **labels: str) -> None:
        self.counts[(metric.name, *labels.values())] += int(amount)

    def set(self, metric: MetricDef, value: float, /, **labels: str) -> None:
        self.gauges[(metric.name, *labels.values())] = value

    def unset(self, metric: MetricDef, /) -> None:
        self.gauges = {key: value for key, value in self.gauges.items() if key[0] != metric.name}

    def observe(self, metric: MetricDef, value: float, /, **labels: str) -> None:
        self.observed.setdefault((metric.name, *labels.values()), []).append(value)

    def total(self, metric: MetricDef) -> int:
        """Counted over all labels."""
        return sum(count for (name, *_), count in self.counts.items() if name == metric.name)
