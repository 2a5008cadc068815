"""Facts, as a batch of the stream that has been decoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from deploy.counting.worker import Worker
from processors.facts.facts import Fact
from processors.ports.store import Checkpoint, Gap


def take(
    worker: Worker,
    facts: Sequence[Fact],
    received_at: datetime,
    *,
    checkpoint: Checkpoint | None = None,
    gaps: Sequence[Gap] = (),
) -> None:
    """What `Worker.read` and `commit` do once the events are facts; each is taken once."""
    once = list({fact.event_id: fact for fact in facts}.values())
    plan = worker.plan(once, (), received_at, events=len(once))
    worker.commit(replace(plan, opened=gaps, checkpoint=checkpoint or plan.checkpoint))
