"""Our metrics as Prometheus sees them."""

from __future__ import annotations

import sys
from threading import Lock

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from processors.metrics import ALL, Kind, MetricDef

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_EVENTS = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000)


class PrometheusMetrics:
    """`Metrics` over a registry of its own: two in one process do not meet.

    A gauge is shown from the first time that it is set: a process that never reads has no watermark, not one of 0.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._counters = {one: self._counter(one) for one in ALL if one.kind is Kind.COUNTER}
        self._gauges: dict[MetricDef, Gauge] = {}
        self._setting = Lock()
        self._histograms = {one: self._histogram(one) for one in ALL if one.kind is Kind.HISTOGRAM}

    def _counter(self, metric: MetricDef) -> Counter:
        return Counter(metric.name, metric.meaning, metric.labels, registry=self._registry)

    def _gauge(self, metric: MetricDef) -> Gauge:
        return Gauge(metric.name, metric.meaning, metric.labels, registry=self._registry)

    def _histogram(self, metric: MetricDef) -> Histogram:
        buckets = _SECONDS if metric.name.endswith("_seconds") else _EVENTS
        return Histogram(metric.name, metric.meaning, metric.labels, registry=self._registry, buckets=buckets)

    def count(self, metric: MetricDef, amount: float = 1, /, **labels: str) -> None:
        counter = self._counters[metric]
        (counter.labels(**labels) if labels else counter).inc(amount)

    def set(self, metric: MetricDef, value: float, /, **labels: str) -> None:
        with self._setting:
            gauge = self._gauges.get(metric) or self._gauges.setdefault(metric, self._gauge(metric))
        (gauge.labels(**labels) if labels else gauge).set(value)

    def unset(self, metric: MetricDef, /) -> None:
        with self._setting:
            gauge = self._gauges.pop(metric, None)
            if gauge is not None:
                self._registry.unregister(gauge)

    def observe(self, metric: MetricDef, value: float, /, **labels: str) -> None:
        histogram = self._histograms[metric]
        (histogram.labels(**labels) if labels else histogram).observe(value)

    def text(self) -> bytes:
        """Prometheus' text exposition of everything."""
        return generate_latest(self._registry)


def page() -> str:
    """`docs/metrics.md`."""
    rows = [
        f"| `{one.name}` | {one.kind.value} | {', '.join(one.labels) or '–'} | {one.meaning} |"
        for one in sorted(ALL, key=lambda one: one.name)
    ]
    return "\n".join(
        [
            "# Metrics",
            "",
            "Served at `/metrics` in Prometheus' text format. Labels never carry titles or users.",
            "",
            "| name | kind | labels | meaning |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(page())
