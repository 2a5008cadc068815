"""What a worker has done, as metrics and as figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from time import perf_counter

from deploy.counting.judging import Judged
from deploy.counting.plan import Figures, Plan
from processors import metrics as m
from processors.facts.facts import Fact
from processors.metrics import Metrics
from processors.ports.store import EVER


class Measures:
    """Tells the metrics and the figures of each batch.

    Args:
        tracked: whether any program counts on this wiki; others have no metric of their own.
    """

    def __init__(self, metrics: Metrics, figures: Figures, tracked: Callable[[str], bool]) -> None:
        self._metrics = metrics
        self._figures = figures
        self._tracked = tracked
        self._newest: dict[str, datetime] = {}
        """By tracked wiki, when the newest event that is stored of it was emitted."""

    def tell_read(self, plan: Plan) -> None:
        """A batch was read."""
        self._figures.events_read += plan.events
        self._figures.facts += len(plan.facts)
        self._figures.dead_letters += len(plan.letters)
        self._metrics.count(m.EVENTS, len(plan.facts), outcome="fact")

    def tell_stored(self, plan: Plan, judged: Judged) -> None:
        """It and what it changed are durable."""
        self._figures.edits_judged += judged.fresh
        self._figures.contributions += judged.counted
        self._metrics.count(m.JUDGED, judged.fresh, outcome="seen")
        self._metrics.count(m.JUDGED, judged.counted, outcome="counted")
        self._metrics.count(m.REPROJECTED, judged.again)
        self._metrics.observe(m.BATCH_EVENTS, plan.events)
        self._metrics.observe(m.BATCH_SECONDS, perf_counter() - plan.started)
        for gap in plan.opened:
            self._metrics.count(m.GAP_OFFSETS, gap.last - gap.first + 1, topic=gap.topic)
        if plan.checkpoint.watermark is not None:
            self._metrics.set(m.WATERMARK, plan.checkpoint.watermark.timestamp())
        self._tell_wikis(plan.facts)

    def _tell_wikis(self, facts: Sequence[Fact]) -> None:
        newest: dict[str, datetime] = {}
        for fact in facts:
            newest[fact.wiki] = max(newest.get(fact.wiki, EVER), fact.emitted_at)
        for wiki, at in newest.items():
            if self._tracked(wiki) and at > self._newest.get(wiki, EVER):
                self._newest[wiki] = at
                self._metrics.set(m.WIKI_WATERMARK, at.timestamp(), wiki=wiki)
