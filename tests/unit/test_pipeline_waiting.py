"""Of the store and the log, the pipeline says which one it waits for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from deploy.counting.pipeline import Pipeline
from deploy.counting.worker import Worker
from processors.errors import LogUnavailable, StoreUnavailable, TransientError
from processors.metrics import STORE_AWAY, STORE_RETRIES
from processors.ports.store import Checkpoint, RawEvent
from tests.recorders import RecordedMetrics

STORE, LOG = StoreUnavailable("connection refused"), LogUnavailable("not taken")
STORE_GONE, STORE_BACK = "the store does not answer; reading waits until it does", "the store is back"
LOG_GONE = "Kafka does not take what is published; reading waits until it does"
LOG_BACK = "Kafka takes what is published again"


class OneBatch:
    """A source."""

    async def events(self, resume: Checkpoint | None) -> AsyncIterator[Sequence[RawEvent]]:
        yield [RawEvent(b"{}")]


class Failing:
    """A worker whose commit fails as is said, time after time, and then succeeds."""

    def __init__(self, *errors: TransientError) -> None:
        self.errors = list(errors)
        self.pipeline: Any = None
        self.seen: list[tuple[bool, bool]] = []
        """At each attempt, whether the store was said to be away, and whether the log was."""

    def load(self) -> frozenset[str]:
        return frozenset()

    work = load

    def read(self, batch: Sequence[RawEvent]) -> None:
        return None

    def commit(self, plan: None) -> frozenset[str]:
        self.seen.append((self.pipeline.store_away, self.pipeline.log_away))
        if self.errors:
            raise self.errors.pop(0)
        return frozenset()


@pytest.mark.parametrize(
    ("errors", "seen", "said", "retries", "revived"),
    [
        ([STORE, STORE], [(True, False)] * 2, [STORE_GONE, STORE_BACK], 2, 2),
        ([LOG, LOG], [(False, True)] * 2, [LOG_GONE, LOG_BACK], 0, 0),
        ([STORE, LOG], [(True, False), (False, True)], [STORE_GONE, STORE_BACK, LOG_GONE, LOG_BACK], 1, 1),
        ([LOG, STORE], [(False, True), (True, True)], [LOG_GONE, STORE_GONE, STORE_BACK, LOG_BACK], 1, 1),
    ],
    ids=["store", "log", "store, then log", "log, then store"],
)
async def test_it_says_which_of_the_two_is_away(
    errors: Sequence[TransientError], seen: Sequence[tuple[bool, bool]], said: Sequence[str], retries: int, revived: int
) -> None:
    metrics, worker = RecordedMetrics(), Failing(*errors)
    revivals: list[None] = []
    told: list[bool] = []
    pipeline = Pipeline(
        OneBatch(),
        cast(Worker, worker),
        metrics=metrics,
        revive=lambda: revivals.append(None),
        on_log=lambda: told.append(pipeline.log_away),
    )
    worker.pipeline = pipeline
    with capture_logs() as logs:
        await pipeline.run(None)
    assert worker.seen == [(False, False), *seen]
    assert [one["event"] for one in logs if "stamina" not in one["event"]] == said
    assert (metrics.total(STORE_RETRIES), len(revivals)) == (retries, revived)
    assert (pipeline.store_away, pipeline.log_away, metrics.gauges[STORE_AWAY.name,]) == (False, False, 0)
    assert told == ([True, False] if LOG in errors else [])
