"""Reading a batch: raw events into facts, each once; what cannot be read is kept as a dead letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from deploy.counting.plan import Figures, Tracker
from ingest.recorded import event_time
from ingest.tracking import Deduplicator
from processors import metrics as m
from processors.errors import InvalidEvent, TooManyInvalidEvents
from processors.facts.decode import Skipped, decode, read_position
from processors.facts.facts import Fact
from processors.metrics import Metrics
from processors.ports.store import DeadLetter, RawEvent

_log = structlog.get_logger()

MOST_INVALID_IN_A_ROW = 200
"""So many events in a row that cannot be understood stop the worker."""


class Reader:
    """Decodes raw events, and has the tracker follow how far they reach."""

    def __init__(self, tracker: Tracker, known: Deduplicator, metrics: Metrics, figures: Figures) -> None:
        self._tracker = tracker
        self._known = known
        self._metrics = metrics
        self._figures = figures
        self._invalid_in_a_row = 0

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
                self._refuse(error)
                continue
            self._invalid_in_a_row = 0
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

    def _refuse(self, error: InvalidEvent) -> None:
        self._metrics.count(m.EVENTS, outcome="dead_letter")
        self._metrics.count(m.DEAD_LETTERS, reason=error.reason)
        if not self._invalid_in_a_row:
            _log.warning("event kept as a dead letter", reason=error.reason, detail=error.detail)
        self._invalid_in_a_row += 1
        if self._invalid_in_a_row >= MOST_INVALID_IN_A_ROW:
            raise TooManyInvalidEvents(
                f"{self._invalid_in_a_row} events in a row could not be understood, the last because of {error}"
            )


def _produced_at(event: RawEvent) -> datetime | None:
    """When an event that is no fact was produced: a canary says how far its topic has come."""
    seconds = event_time(event.data)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
