"""The pipeline: a source's batches through the worker into the store, and word to those who watch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager, suppress
from contextvars import copy_context
from functools import partial
from typing import TypeVar

import structlog

from deploy.counting.worker import Worker
from deploy.looping import at_last, set_within
from processors import metrics as m
from processors.errors import InvalidInput, LogUnavailable, StoreUnavailable
from processors.facts.decode import read_position
from processors.facts.facts import Fact
from processors.facts.messages import position_text
from processors.metrics import Metrics
from processors.ports.store import Checkpoint, EventSource, RawEvent
from storage.connection import CORRELATION

_log = structlog.get_logger()

_Result = TypeVar("_Result")

LOOK_FOR_CHANGES_EVERY = 1.0
"""Seconds between two looks at whether programs have changed."""


@contextmanager
def correlated(batch: Sequence[RawEvent]) -> Iterator[None]:
    """Give all that is logged of a batch, and what ClickHouse logs of its inserts, the name of the batch."""
    name = batch_name(batch)
    before = CORRELATION.set(name)
    try:
        with structlog.contextvars.bound_contextvars(batch=name):
            yield
    finally:
        CORRELATION.reset(before)


def batch_name(batch: Sequence[RawEvent]) -> str:
    """`topic/partition/offset+events` of the stream, as dead letters and `facts` have it too."""
    position = (batch[0].position or read_position(batch[0].data)) if batch else None
    return f"{position_text(position)}+{len(batch)}"


class Pipeline:
    """Runs one worker over one source. While the store or the log is away it waits, and reads nothing further.

    Args:
        revive: called in a thread before each new attempt after the store was away.
        on_change: called on the event loop with the programs whose standings may have changed.
        on_log: called on the event loop when `log_away` has changed.
    """

    def __init__(
        self,
        source: EventSource,
        worker: Worker,
        *,
        metrics: Metrics,
        revive: Callable[[], object] = lambda: None,
        on_change: Callable[[frozenset[str]], None] = lambda slugs: None,
        on_log: Callable[[], object] = lambda: None,
    ) -> None:
        self._source = source
        self._worker = worker
        self._metrics = metrics
        self._revive = revive
        self._on_change = on_change
        self._on_log = on_log
        self._free = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="worker")
        self._wanted = asyncio.Event()
        self.store_away = False
        self.log_away = False
        """What is published is not taken."""
        metrics.set(m.STORE_AWAY, 0)

    def look(self) -> None:
        """Look at once whether programs have changed. Call it on the event loop."""
        self._wanted.set()

    async def run(self, resume: Checkpoint | None) -> None:
        """Work until the source ends. Cancel it at any time: what has begun in the store is finished first.

        Raises:
            SourceUnavailable: the stream refuses us for good.
            TooManyInvalidEvents: the stream is no longer what we can read.
        """
        changes: asyncio.Task[None] | None = None
        try:
            await self._load()
            changes = asyncio.create_task(self._follow_changes())
            async with aclosing(self._source.events(resume)) as batches:  # type: ignore[type-var]
                async for batch in batches:
                    async with self._free:
                        with correlated(batch):
                            plan = await self._in_thread(partial(self._worker.read, batch))
                            changed = await self._with_store("commit", partial(self._worker.commit, plan))
                    self._on_change(changed)
            await self._bring_books_up_to_date()
        finally:
            if changes is not None:
                changes.cancel()
                with suppress(asyncio.CancelledError):
                    await changes
            await asyncio.to_thread(self._thread.shutdown)

    async def take(self, facts: Sequence[Fact]) -> None:
        """Have facts that no stream brings stored and judged, between two batches. For as long as it runs."""
        async with self._free:
            changed = await self._with_store("take", partial(self._worker.take, facts))
        if changed:
            self._on_change(changed)

    async def _follow_changes(self) -> None:
        while True:
            await self._bring_books_up_to_date()
            await set_within(self._wanted, LOOK_FOR_CHANGES_EVERY)
            self._wanted.clear()
            try:
                await self._load()
            except InvalidInput as error:
                _log.error("a stored program cannot be read; the former programs stay", error=str(error))

    async def _bring_books_up_to_date(self) -> None:
        """Judge what programs that changed ask for, a piece at a time: batches of the stream go between them."""
        while True:
            async with self._free:
                changed = await self._with_store("work", self._worker.work)
            if not changed:
                return
            self._on_change(changed)

    async def _load(self) -> None:
        async with self._free:
            changed = await self._with_store("load", self._worker.load)
        if changed:
            self._on_change(changed)

    async def _in_thread(self, call: Callable[[], _Result]) -> _Result:
        # With the context of the batch, whose name goes along to the log and to ClickHouse.
        return await asyncio.get_running_loop().run_in_executor(self._thread, copy_context().run, call)

    async def _with_store(self, name: str, call: Callable[[], _Result]) -> _Result:
        """Call the worker until the store has taken it, and the log what the worker publishes."""
        away: StoreUnavailable | LogUnavailable | None = None
        async for attempt in at_last(StoreUnavailable, LogUnavailable):
            with attempt:
                try:
                    if isinstance(away, StoreUnavailable):
                        self._metrics.count(m.STORE_RETRIES, call=name)
                        self._tell_store(away=True, call=name)
                        await self._in_thread(self._try_to_revive)
                    elif away is not None:
                        # What is published comes after what is stored.
                        self._tell_store(away=False)
                        self._tell_log(away=True, call=name, error=str(away))
                    result = await self._in_thread(call)
                except (StoreUnavailable, LogUnavailable) as error:
                    away = error
                    raise
        self._tell_store(away=False)
        self._tell_log(away=False)
        return result

    def _tell_store(self, *, away: bool, **details: str) -> None:
        if away == self.store_away:
            return
        self.store_away = away
        self._metrics.set(m.STORE_AWAY, away)
        if away:
            _log.warning("the store does not answer; reading waits until it does", **details)
        else:
            _log.info("the store is back")

    def _tell_log(self, *, away: bool, **details: str) -> None:
        if away == self.log_away:
            return
        self.log_away = away
        if away:
            _log.warning("Kafka does not take what is published; reading waits until it does", **details)
        else:
            _log.info("Kafka takes what is published again")
        self._on_log()

    def _try_to_revive(self) -> None:
        try:
            self._revive()
        except Exception as error:
            raise StoreUnavailable(str(error)) from error
