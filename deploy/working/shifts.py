"""A worker's shifts: from one assignment of partitions to the next, the pipeline over the wikis in them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog

from deploy.clock import now
from deploy.counting.pipeline import Pipeline
from deploy.counting.plan import MakeAlerts, NoAlerts, Together
from deploy.counting.worker import Worker
from deploy.looping import LONGEST_WAIT, at_last, set_within
from deploy.opening import OpenStore
from deploy.working.source import LogClient, LogSource
from ingest.kafka_marks import KafkaMarks
from ingest.kafka_reading import KeyedRecord, LogTracker, Mark, Reading, partition_of
from processors import metrics as m
from processors.errors import LogUnavailable, NotOurs, StoreUnavailable, TooManyInvalidEvents
from processors.facts.facts import Fact
from processors.metrics import Metrics
from processors.ports.store import EVER, Share, log_streams
from storage.clickhouse import ClickHouseStore
from storage.locks import new_holder
from storage.owners import Owners
from storage.positions import LogPosition

_log = structlog.get_logger()
_Result = TypeVar("_Result")

KeepAlerts = Callable[[ClickHouseStore, Callable[[], datetime], int], MakeAlerts]
"""Of a store and a clock; the number is the version up to which all alerts have been told of."""
FENCED_SECONDS = 30.0
"""Whoever still has the partitions by then, says Kafka, takes them back: who lost them was slow to take them."""
_OF_A_SHIFT = (m.LOG_LAG, m.WATERMARK, m.WIKI_WATERMARK)
"""Whoever has the partitions next tells of them: what stood still here would be taken for lag."""


@dataclass(slots=True)
class _Now:
    """What is worked on."""

    share: Share
    source: LogSource
    pipeline: Pipeline


class Shifts:
    """What a worker does with the partitions that it is given: one pipeline for all of them, until they change.

    Args:
        topic: the topic of facts.
        client: does what has to be done at Kafka beside reading.
        alerts: makes who keeps alerts beside the books of a share.
    """

    def __init__(
        self,
        opened: OpenStore,
        topic: str,
        marks: KafkaMarks,
        client: LogClient,
        metrics: Metrics,
        *,
        alerts: KeepAlerts = lambda store, clock, since: lambda states: NoAlerts(),
    ) -> None:
        self._opened = opened
        self._topic = topic
        self._streams = log_streams(topic)
        self._marks = marks
        self._client = client
        self._metrics = metrics
        self._alerts = alerts
        self._owners = Owners(opened.store.connections)
        self._holder = new_holder()
        self._asking = ThreadPoolExecutor(1, thread_name_prefix="marks")
        self._task: asyncio.Task[None] | None = None
        self._now: _Now | None = None
        self._begun = asyncio.Event()
        """Set while somebody takes what is offered."""
        self._ended = asyncio.Event()
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Raises what cannot be mended by trying again."""
        self._unanswered = False
        """Kafka does not answer what we ask it."""
        self.ours: frozenset[int] = frozenset()
        self._show_log()

    # assignments

    async def begin(self, partitions: frozenset[int]) -> None:
        """Work on these partitions from now on."""
        await self.end()
        self._metrics.count(m.REBALANCES)
        self.ours = partitions
        self._ended = asyncio.Event()
        if partitions:
            self._task = asyncio.create_task(self._shift(partitions), name="shift")
        _log.info("partitions assigned", partitions=sorted(partitions))

    async def end(self) -> None:
        """Stop at once: on return nothing is written any more."""
        self.ours = frozenset()
        self._ended.set()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            for gauge in _OF_A_SHIFT:
                self._metrics.unset(gauge)
            _log.info("partitions given back")

    async def close(self) -> None:
        """End for good."""
        await self.end()
        await asyncio.to_thread(self._asking.shutdown)
        await asyncio.to_thread(self._marks.close)

    # what others hand in

    async def offer(self, records: Sequence[KeyedRecord]) -> None:
        """Hand records over; returns when they are stored, or when it is no longer up to us. Never raises."""
        while not self._ended.is_set():
            if self._now is not None and self._begun.is_set():
                source = self._now.source
                if await source.offer(records):
                    return
            else:
                await _first(self._begun, self._ended)

    async def take(self, facts: Sequence[Fact]) -> None:
        """Have facts stored and judged that no stream brings. For those of wikis that are ours."""
        if self._now is None:
            raise StoreUnavailable("no wikis are ours at the moment")
        await self._now.pipeline.take(facts)

    def owns(self, wiki: str) -> bool:
        """Whether we judge a wiki at the moment."""
        if self._now is None:
            return False
        share = self._now.share
        return partition_of(wiki.encode(), share.of) in share.partitions

    @property
    def leads(self) -> bool:
        """Whether we do what concerns no wiki."""
        return self._now is not None and 0 in self._now.share.partitions

    async def last_place(self) -> int:
        """As `KafkaMarks.last_place`."""
        return await self._ask(self._marks.last_place)

    # how it goes

    @property
    def log_away(self) -> bool:
        """Whether Kafka does not answer, or does not take what is published."""
        return self._unanswered or (self._now is not None and self._now.pipeline.log_away)

    def _show_log(self) -> None:
        self._metrics.set(m.LOG_AWAY, self.log_away)

    @property
    def store_away(self) -> bool:
        return self._now is not None and self._now.pipeline.store_away

    @property
    def lag(self) -> int:
        """Messages still to be read."""
        return self._now.source.lag if self._now else 0

    @property
    def taken(self) -> int:
        """Messages read in this shift."""
        return self._now.source.taken if self._now else 0

    @property
    def busy(self) -> bool:
        """Waiting for something else than messages and Kafka: loading, or the store is away."""
        return bool(self.ours) and (self._now is None or not self._begun.is_set() or self.store_away)

    # a shift

    async def _shift(self, partitions: frozenset[int]) -> None:
        while True:
            pause = LONGEST_WAIT / 5
            try:
                await self._work(partitions)
            except NotOurs as error:
                self._metrics.count(m.FENCED)
                _log.warning("another worker has our wikis; waiting for an assignment", why=str(error))
                pause = FENCED_SECONDS
            except TooManyInvalidEvents as error:
                self._fail(error)
                return
            except Exception:
                _log.exception("the shift broke off; it begins anew", partitions=sorted(partitions))
            finally:
                self._begun.clear()
                self._now = None
                self._show_log()
            await asyncio.sleep(pause)

    async def _work(self, partitions: frozenset[int]) -> None:
        of = await self._ask(self._marks.partitions)
        self._metrics.set(m.LOADING, 1)
        share = Share(partitions, of)
        store = self._opened.store.shared(share)
        skew, positions = await self._with_store(lambda: self._take_over(store, partitions))
        # After the positions: what another one stored until just now must not seem to lie beyond the end.
        mark = await self._look(partitions)

        def clock() -> datetime:
            return now() + skew

        reading = Reading(next_offsets(partitions, positions, mark), of)
        gaps = reading.skip_to(mark.begins, self._topic, clock())
        if gaps:
            _log.error("Kafka has deleted what was never read", missing=[(one.partition, one.first) for one in gaps])
            await self._with_store(lambda: store.write_gaps(gaps, [], store.newest_version() + 1))
        tracker = LogTracker(
            self._streams, self._topic, reading, {one: position.watermark for one, position in positions.items()}
        )
        source = LogSource(
            reading, tracker, self._client, look=lambda: self._look(partitions), started=self._begun.set,
            metrics=self._metrics, clock=clock,
        )  # fmt: skip
        together = Together(judged_until(partitions, positions), 0 in partitions, lambda: self._check(partitions))
        worker = Worker(
            store, self._opened.log, tracker, metrics=self._metrics, clock=clock, together=together,
            alerts=self._alerts(store, clock, told_until(partitions, positions)),
        )  # fmt: skip
        pipeline = Pipeline(source, worker, metrics=self._metrics, revive=self._opened.revive, on_log=self._show_log)
        self._now = _Now(share, source, pipeline)
        started = now()
        _log.info("loading what is known of the wikis", partitions=len(partitions), of=of)
        loading = asyncio.create_task(self._tell_loading(started, worker))
        try:
            await pipeline.run(None)
        finally:
            loading.cancel()
            self._metrics.set(m.LOADING, 0)

    async def _tell_loading(self, started: datetime, worker: Worker) -> None:
        """Say every few seconds that it goes on, and when it is done."""
        while not await set_within(self._begun, LONGEST_WAIT):
            seconds = round((now() - started).total_seconds())
            _log.info("still loading", seconds=seconds, facts=worker.recalled)
        self._metrics.set(m.LOADING, 0)
        _log.info("judging", seconds=round((now() - started).total_seconds(), 2), facts=worker.recalled)

    def _take_over(
        self, store: ClickHouseStore, partitions: Collection[int]
    ) -> tuple[timedelta, Mapping[int, LogPosition]]:
        """Have these partitions be ours from now on; then nobody else moves their positions."""
        before = now()
        skew = self._owners.now() - before
        self._owners.take(self._topic, partitions, self._holder)
        return skew, store.positions_in_log(self._streams, self._topic)

    def _check(self, partitions: Collection[int]) -> None:
        lost = self._owners.lost(self._topic, partitions, self._holder)
        if lost:
            raise NotOurs(f"partitions {sorted(lost)} have been taken over")

    # what may be away

    async def _look(self, partitions: Collection[int]) -> Mark:
        return await self._ask(lambda: self._marks.look(partitions))

    async def _ask(self, call: Callable[[], _Result]) -> _Result:
        """Ask Kafka, for as long as it takes."""
        async for attempt in at_last(LogUnavailable):
            with attempt:
                if attempt.num > 1 and not self._unanswered:
                    self._unanswered = True
                    self._show_log()
                    _log.warning("Kafka does not answer; waiting until it does")
                result = await asyncio.get_running_loop().run_in_executor(self._asking, call)
        if self._unanswered:
            self._unanswered = False
            self._show_log()
            _log.info("Kafka is back")
        return result

    async def _with_store(self, call: Callable[[], _Result]) -> _Result:
        async for attempt in at_last(StoreUnavailable):
            with attempt:
                result = await asyncio.to_thread(call)
        return result

    def _fail(self, error: Exception) -> None:
        if not self.failed.done():
            self.failed.set_exception(error)


def next_offsets(partitions: Collection[int], positions: Mapping[int, LogPosition], mark: Mark) -> Mapping[int, int]:
    """By partition, the offset that comes next.

    A position behind the end is one in a log that is no more: all of the new one is read. What is known is kept once.
    """
    stored = {one: positions[one].reached.offset + 1 for one in partitions if one in positions}
    gone = {one: offset for one, offset in stored.items() if offset > mark.ends.get(one, offset)}
    if gone:
        _log.error("the log ends before what is stored of it; was its topic made anew? All of it is read", stored=gone)
    return {one: stored[one] if one in stored.keys() - gone else mark.begins.get(one, 0) for one in partitions}


def judged_until(partitions: Collection[int], positions: Mapping[int, LogPosition]) -> datetime:
    """When the last batch was judged, on the partition where that is longest ago."""
    if any(one not in positions for one in partitions):
        return EVER
    return datetime.fromtimestamp(min(positions[one].version for one in partitions) / 1_000_000, UTC)


def told_until(partitions: Collection[int], positions: Mapping[int, LogPosition]) -> int:
    """The version of the oldest of the last batches of these partitions; of new ones, of the newest of all."""
    own = [positions[one].version for one in partitions if one in positions]
    return min(own) if own else max((one.version for one in positions.values()), default=0)


async def _first(*events: asyncio.Event) -> None:
    """Until one of them is set."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
