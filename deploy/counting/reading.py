"""Reading a batch: raw events into facts, each once; what cannot be read is kept as a dead letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from deploy.counting.plan import Figures, Tracker
from ingest.recorded import event_time
from ingest.refusing import Refusals
from ingest.tracking import Deduplicator
from processors import metrics as m
from processors.errors import InvalidEvent
from processors.facts.decode import Skipped, decode, read_position
from processors.facts.facts import Fact
from processors.metrics import Metrics
from processors.ports.store import DeadLetter, RawEvent


class Reader:
    """Decodes raw events, and has the tracker follow how far they reach."""

    def __init__(self, tracker: Tracker, known: Deduplicator, metrics: Metrics, figures: Figures) -> None:
        self._tracker = tracker
        self._known = known
        self._metrics = metrics
        self._figures = figures
        self._refusals = Refusals(metrics)

    def read(self, batch: Sequence[RawEvent], received_at: datetime) -> tuple[list[Fact], list[DeadLetter]]:
        """The facts that were not known yet, in the order of the batch; and what could not be read.

        Raises:
            TooManyInvalidEvents: the stream is no longer what we can read.
        """
        facts: list[Fact] = []
        letters: list[DeadLetter] = []
        for event in batch:
            try:
                fact = decode(event.data)
            except InvalidEvent as error:
                position = event.position or read_position(event.data)
                self._tracker.observe(position)
                letters.append(DeadLetter(replace(event, position=position), error.reason, error.detail, received_at))
                self._refusals.refuse(error)
                continue
            self._refusals.understood()
            if isinstance(fact, Skipped):
                self._tracker.observe(read_position(event.data), _produced_at(event), canary=True)
                self._figures.canaries += fact is Skipped.CANARY
                self._metrics.count(m.EVENTS, outcome=fact.value)
                continue
            self._tracker.observe(fact.position, fact.emitted_at)
            if self._known.add(fact.event_id):
                facts.append(fact)
            else:
                self._figures.duplicates_dropped += 1
                self._metrics.count(m.EVENTS, outcome="duplicate")
        return facts, letters


def _produced_at(event: RawEvent) -> datetime | None:
    """When an event that is no fact was produced: a canary says how far its topic has come."""
    seconds = event_time(event.data)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
