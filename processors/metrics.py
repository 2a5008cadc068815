"""The metrics wikitally keeps of itself: one typed list. `docs/metrics.md` is generated from it.

Names follow Prometheus: a prefix, base units, `_total` for counters. Labels never carry titles or users.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class MetricDef:
    """A metric: its name, kind, meaning (with the unit) and labels."""

    name: str
    kind: Kind
    meaning: str
    labels: tuple[str, ...] = ()


EVENTS = MetricDef(
    "wikitally_ingest_events_total",
    Kind.COUNTER,
    "events read from the stream, by what became of them (fact, canary, duplicate, dead_letter, ignored, sent)",
    ("outcome",),
)
RECONNECTS = MetricDef(
    "wikitally_ingest_reconnects_total",
    Kind.COUNTER,
    "times the stream was opened again, by why (closed, reset, stalled, half_event, http_429, …)",
    ("reason",),
)
CONNECTED = MetricDef("wikitally_ingest_connected", Kind.GAUGE, "1 while the stream is open, else 0")
GAP_OFFSETS = MetricDef(
    "wikitally_ingest_gap_offsets_total", Kind.COUNTER, "offsets of the stream known to be missing", ("topic",)
)
DEAD_LETTERS = MetricDef(
    "wikitally_dead_letters_total", Kind.COUNTER, "events that could not be understood, by reason", ("reason",)
)
KAFKA_MESSAGES = MetricDef(
    "wikitally_kafka_messages_total", Kind.COUNTER, "messages that Kafka has acknowledged, by topic", ("topic",)
)
KAFKA_OUTSTANDING = MetricDef(
    "wikitally_kafka_outstanding", Kind.GAUGE, "messages sent to Kafka that it has not acknowledged yet"
)
KAFKA_WAITING = MetricDef(
    "wikitally_kafka_waiting", Kind.GAUGE, "1 while the stream is not read because too much is outstanding, else 0"
)
KAFKA_RESTARTS = MetricDef(
    "wikitally_kafka_restarts_total",
    Kind.COUNTER,
    "times that sending to Kafka began anew from the checkpoint, after it was unreachable or refused something",
)
KAFKA_WATERMARK = MetricDef(
    "wikitally_kafka_watermark_timestamp_seconds",
    Kind.GAUGE,
    "event time (Unix seconds) up to which all is in Kafka, acknowledged",
)
LOG_AWAY = MetricDef(
    "wikitally_log_away",
    Kind.GAUGE,
    "1 while Kafka does not answer a worker, or does not take what it publishes, and judging waits for it, else 0",
)
LOG_LAG = MetricDef(
    "wikitally_log_lag", Kind.GAUGE, "messages of a partition of facts that a worker has still to read", ("partition",)
)
REBALANCES = MetricDef(
    "wikitally_rebalances_total", Kind.COUNTER, "times that a worker was given partitions of the log anew"
)
FENCED = MetricDef(
    "wikitally_fenced_total",
    Kind.COUNTER,
    "times that a worker found that another one had taken its partitions, and wrote nothing more",
)
LOADING = MetricDef("wikitally_loading", Kind.GAUGE, "1 while a worker reads what it has to know of its wikis, else 0")
SENT_ON = MetricDef(
    "wikitally_sent_on_total",
    Kind.COUNTER,
    "messages found in another partition than their wiki's, after partitions were added, and sent on",
)
WIKI_WATERMARK = MetricDef(
    "wikitally_wiki_watermark_timestamp_seconds",
    Kind.GAUGE,
    "event time (Unix seconds) of the newest event that is stored of a wiki which some program tracks",
    ("wiki",),
)
WATERMARK = MetricDef(
    "wikitally_watermark_timestamp_seconds", Kind.GAUGE, "event time (Unix seconds) up to which all is stored"
)
JUDGED = MetricDef("wikitally_judged_edits_total", Kind.COUNTER, "edits judged, by outcome", ("outcome",))
REPROJECTED = MetricDef(
    "wikitally_reprojected_edits_total",
    Kind.COUNTER,
    "edits judged again because a later fact or a change of a program touched them",
)
REPROJECTION_LEFT = MetricDef(
    "wikitally_reprojection_pieces", Kind.GAUGE, "pieces of books that are still to be judged after programs changed"
)
BATCH_EVENTS = MetricDef("wikitally_batch_events", Kind.HISTOGRAM, "events in one batch written to the store")
BATCH_SECONDS = MetricDef(
    "wikitally_batch_duration_seconds", Kind.HISTOGRAM, "seconds from a batch's first step to its checkpoint"
)
STORE_RETRIES = MetricDef(
    "wikitally_store_retries_total", Kind.COUNTER, "calls to ClickHouse that failed and were tried again", ("call",)
)
STORE_AWAY = MetricDef(
    "wikitally_store_away",
    Kind.GAUGE,
    "1 while ClickHouse does not answer and reading the stream waits for it, else 0",
)
MEDIAWIKI_REQUESTS = MetricDef(
    "wikitally_mediawiki_requests_total",
    Kind.COUNTER,
    "questions asked of wikis: who is in a category",
)
MEDIAWIKI_FAILURES = MetricDef(
    "wikitally_mediawiki_failures_total",
    Kind.COUNTER,
    "questions asked of wikis that were not answered, by why (http_429, maxlag, timeout, …)",
    ("reason",),
)
LIVE_CLIENTS = MetricDef("wikitally_live_clients", Kind.GAUGE, "browsers and bots that follow a board live")
LIVE_FRAMES = MetricDef("wikitally_live_frames_total", Kind.COUNTER, "boards published to live followers")
SQL_QUERIES = MetricDef(
    "wikitally_sql_queries_total",
    Kind.COUNTER,
    "requests to the SQL gateway, by what became of them (answered, refused, cancelled, …)",
    ("outcome",),
)
SQL_SECONDS = MetricDef(
    "wikitally_sql_duration_seconds", Kind.HISTOGRAM, "seconds from a request to the SQL gateway to its last byte"
)
ALERT_STEPS = MetricDef(
    "wikitally_alert_steps_total",
    Kind.COUNTER,
    "steps of alerts that came to be known, by the alert's kind and the state that it came to",
    ("kind", "state"),
)
WEBHOOK_ATTEMPTS = MetricDef(
    "wikitally_webhook_attempts_total",
    Kind.COUNTER,
    "attempts to deliver a message to a subscription, by its format and by whether it arrived (delivered, failed)",
    ("format", "outcome"),
)
WEBHOOK_SECONDS = MetricDef(
    "wikitally_webhook_duration_seconds", Kind.HISTOGRAM, "seconds from the start of an attempt to its end"
)
WEBHOOK_LATENCY = MetricDef(
    "wikitally_webhook_latency_seconds", Kind.HISTOGRAM, "seconds from a message's place in the outbox to its arrival"
)
WEBHOOK_PENDING = MetricDef(
    "wikitally_webhook_pending",
    Kind.GAUGE,
    "messages that are held to be delivered: of each subscription the 100 oldest that the outbox has",
)
WEBHOOK_OPEN = MetricDef(
    "wikitally_webhook_open_circuits",
    Kind.GAUGE,
    "subscriptions with messages that are left alone for a while, since attempts failed or the endpoint asked for it",
)
WEBHOOK_DEAD = MetricDef("wikitally_webhook_dead_total", Kind.COUNTER, "messages that were given up")

ALL: tuple[MetricDef, ...] = (
    EVENTS,
    RECONNECTS,
    CONNECTED,
    GAP_OFFSETS,
    DEAD_LETTERS,
    KAFKA_MESSAGES,
    KAFKA_OUTSTANDING,
    KAFKA_WAITING,
    KAFKA_RESTARTS,
    KAFKA_WATERMARK,
    LOG_AWAY,
    LOG_LAG,
    REBALANCES,
    FENCED,
    LOADING,
    SENT_ON,
    WATERMARK,
    WIKI_WATERMARK,
    JUDGED,
    REPROJECTED,
    REPROJECTION_LEFT,
    BATCH_EVENTS,
    BATCH_SECONDS,
    STORE_RETRIES,
    STORE_AWAY,
    MEDIAWIKI_REQUESTS,
    MEDIAWIKI_FAILURES,
    LIVE_CLIENTS,
    LIVE_FRAMES,
    SQL_QUERIES,
    SQL_SECONDS,
    ALERT_STEPS,
    WEBHOOK_ATTEMPTS,
    WEBHOOK_SECONDS,
    WEBHOOK_LATENCY,
    WEBHOOK_PENDING,
    WEBHOOK_OPEN,
    WEBHOOK_DEAD,
)


class Metrics(Protocol):
    """Where measurements go. Calls never fail and never block."""

    def count(self, metric: MetricDef, amount: float = 1, /, **labels: str) -> None:
        """Add `amount` to a counter."""
        ...

    def set(self, metric: MetricDef, value: float, /, **labels: str) -> None:
        """Set a gauge."""
        ...

    def unset(self, metric: MetricDef, /) -> None:
        """Show a gauge no more, until it is set again: what it says is no longer up to us."""
        ...

    def observe(self, metric: MetricDef, value: float, /, **labels: str) -> None:
        """Put one measurement into a histogram."""
        ...


class NoMetrics:
    """Drops every measurement: for one-off commands and tests that do not look."""

    def count(self, metric: MetricDef, amount: float = 1, /, **labels: str) -> None: ...
    def set(self, metric: MetricDef, value: float, /, **labels: str) -> None: ...
    def unset(self, metric: MetricDef, /) -> None: ...
    def observe(self, metric: MetricDef, value: float, /, **labels: str) -> None: ...
