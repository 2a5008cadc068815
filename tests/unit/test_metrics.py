"""Our metrics in Prometheus' format, and their page."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from prometheus_client.parser import text_string_to_metric_families

import processors.metrics
from deploy.metrics import PrometheusMetrics, page
from processors.metrics import ALL, BATCH_SECONDS, CONNECTED, EVENTS, LOG_LAG, Kind, MetricDef

ROOT = Path(__file__).parents[2]
CALLS = {"count": Kind.COUNTER, "set": Kind.GAUGE, "observe": Kind.HISTOGRAM}


class Measurement(NamedTuple):
    """A line of our code that measures something."""

    place: str
    call: str
    metric: MetricDef
    labels: tuple[str, ...]


def measurements() -> Iterator[Measurement]:
    for room in ("api", "deploy", "ingest", "processors", "storage"):
        for file in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                    metric = _metric(node.args[0])
                    if metric is not None and node.func.attr in CALLS:
                        labels = tuple(sorted(one.arg or "**" for one in node.keywords))
                        yield Measurement(f"{file.relative_to(ROOT)}:{node.lineno}", node.func.attr, metric, labels)


def _metric(node: ast.expr) -> MetricDef | None:
    """What `m.EVENTS`, `metrics.EVENTS` or `EVENTS` names."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    found = getattr(processors.metrics, name, None)
    return found if isinstance(found, MetricDef) else None


MEASURED = list(measurements())


def samples(metrics: PrometheusMetrics) -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def test_what_is_measured_is_served() -> None:
    metrics = PrometheusMetrics()
    metrics.count(EVENTS, 3, outcome="fact")
    metrics.count(EVENTS, outcome="fact")
    metrics.set(CONNECTED, 1)
    metrics.observe(BATCH_SECONDS, 0.2)
    served = samples(metrics)
    assert served["wikitally_ingest_events_total", ("fact",)] == 4
    assert served["wikitally_ingest_connected", ()] == 1
    assert served["wikitally_batch_duration_seconds_count", ()] == 1


def test_two_of_them_do_not_meet() -> None:
    one, other = PrometheusMetrics(), PrometheusMetrics()
    one.set(CONNECTED, 1)
    other.set(CONNECTED, 0)
    assert samples(one)["wikitally_ingest_connected", ()] == 1
    assert samples(other)["wikitally_ingest_connected", ()] == 0


def test_a_gauge_that_was_never_set_is_not_shown() -> None:
    """A process that reads no stream has no watermark: no alert may take one of 0 for a stream that stands still."""
    metrics = PrometheusMetrics()
    metrics.set(CONNECTED, 0)
    gauges = {one.name for one in ALL if one.kind is Kind.GAUGE}
    assert {name for name, _ in samples(metrics)} & gauges == {"wikitally_ingest_connected"}


def test_a_gauge_that_is_no_longer_ours_is_not_shown_until_it_is_set_again() -> None:
    metrics = PrometheusMetrics()
    metrics.unset(LOG_LAG)
    metrics.set(LOG_LAG, 7, partition="3")
    metrics.set(LOG_LAG, 8, partition="4")
    metrics.unset(LOG_LAG)
    assert not [name for name, _ in samples(metrics) if name == LOG_LAG.name]
    metrics.set(LOG_LAG, 1, partition="4")
    assert samples(metrics)[LOG_LAG.name, ("4",)] == 1
    assert (LOG_LAG.name, ("3",)) not in samples(metrics)


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_names_follow_prometheus(metric: MetricDef) -> None:
    assert metric.name.startswith("wikitally_")
    assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
    assert metric.meaning


@pytest.mark.parametrize("one", MEASURED, ids=lambda one: one.place)
def test_everything_is_measured_with_the_labels_of_its_metric(one: Measurement) -> None:
    assert (CALLS[one.call], one.labels) == (one.metric.kind, tuple(sorted(one.metric.labels)))


def test_every_metric_is_measured_somewhere() -> None:
    assert {one.name for one in ALL} - {one.metric.name for one in MEASURED} == set()


def test_the_page_lists_every_metric_as_it_is() -> None:
    assert (ROOT / "docs" / "metrics.md").read_text() == page(), (
        "`python -m deploy.metrics > docs/metrics.md` writes it anew"
    )
