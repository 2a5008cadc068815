"""Events that cannot be understood: told, counted, and too many of them in a row are the end."""

from __future__ import annotations

import structlog

from processors import metrics as m
from processors.errors import InvalidEvent, TooManyInvalidEvents
from processors.metrics import Metrics

_log = structlog.get_logger()

MOST_INVALID_IN_A_ROW = 200
"""So many events in a row that cannot be understood stop whoever reads."""


class Refusals:
    """Follows which events of a stream were refused. The first of a run is logged."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._in_a_row = 0

    def understood(self) -> None:
        """An event was understood."""
        self._in_a_row = 0

    def refuse(self, error: InvalidEvent) -> None:
        """An event was not, and is kept as a dead letter.

        Raises:
            TooManyInvalidEvents: the stream is no longer what we can read.
        """
        self._metrics.count(m.EVENTS, outcome="dead_letter")
        self._metrics.count(m.DEAD_LETTERS, reason=error.reason)
        if not self._in_a_row:
            _log.warning("event kept as a dead letter", reason=error.reason, detail=error.detail)
        self._in_a_row += 1
        if self._in_a_row >= MOST_INVALID_IN_A_ROW:
            raise TooManyInvalidEvents(
                f"{self._in_a_row} events in a row could not be understood, the last because of {error}"
            )
