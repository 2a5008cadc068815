"""The demo: recorded events from a local EventStreams into the whole pipeline."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from importlib import resources
from pathlib import Path
from time import perf_counter

from deploy.clock import now
from deploy.figures import Run
from deploy.metrics import PrometheusMetrics
from deploy.opening import OpenStore
from deploy.programs.applying import apply_programs
from deploy.service import Service, service
from deploy.settings import Settings
from ingest.eventstreams import EventStreams, build_user_agent
from ingest.rehearsal import Rehearsal
from processors.facts.decode import read_position
from processors.numbers.numbers import Metric
from processors.ports.store import Checkpoint, EventSource, RawEvent
from processors.programs.definitions import parse_programs
from processors.programs.program import Program, Session

PROGRAM = "edit-a-thon"
"""The program that the demo shows."""
_STREAM = "recentchange"


class UntilReached:
    """A source that ends when it has read all that a rehearsal had to publish."""

    def __init__(self, source: EventSource, rehearsal: Rehearsal) -> None:
        self._source = source
        self._rehearsal = rehearsal

    async def events(self, resume: Checkpoint | None) -> AsyncIterator[Sequence[RawEvent]]:
        """As `EventSource.events`."""
        reached: dict[tuple[str, int], int] = {}
        async for batch in self._source.events(resume):
            for event in batch:
                position = read_position(event.data)
                if position is not None:
                    key = position.topic, position.partition
                    reached[key] = max(position.offset, reached.get(key, -1))
            yield batch
            if self._rehearsal.finished.is_set() and all(
                reached.get(key, -1) >= last for key, last in self._rehearsal.last_offsets.items()
            ):
                return


def demo_programs(*, live: bool) -> list[Program]:
    """The demo's programs; `live`: their sessions are now instead of when the events were recorded."""
    text = resources.files("deploy").joinpath("recordings", "programs.yaml").read_text(encoding="utf-8")
    programs = parse_programs(text, source="recordings/programs.yaml")
    if not live:
        return programs
    start = now().replace(microsecond=0) - timedelta(minutes=5)
    return [replace(program, sessions=(Session(start, start + timedelta(hours=3)),)) for program in programs]


async def run_demo(
    opened: OpenStore,
    settings: Settings,
    *,
    speed: float,
    watch: Callable[[Service], Awaitable[None]],
) -> Run:
    """Play the recordings through the pipeline; returns what came of it.

    Args:
        speed: times as fast as it was recorded; infinity: as fast as possible, at the recorded times.
        watch: called once while everything runs; the demo lasts at least as long as it does.
    """
    live = math.isfinite(speed)
    apply_programs(opened.log, demo_programs(live=live))
    metrics = PrometheusMetrics()
    with ExitStack() as stack:
        folder = resources.files("deploy").joinpath("recordings")
        recordings: list[Path] = [
            stack.enter_context(resources.as_file(one))
            for one in sorted(folder.iterdir(), key=lambda one: one.name)
            if one.name.endswith(".gz")
        ]
        async with Rehearsal(recordings, speed=speed, rebase=live) as rehearsal:
            source = EventStreams(
                rehearsal.url,
                [_STREAM],
                user_agent=build_user_agent("https://localhost/demo"),
                metrics=metrics,
                since=rehearsal.start,
            )
            until_end = UntilReached(source, rehearsal)
            async with service(opened, settings, until_end, _STREAM, metrics, resume=False) as running:
                counting = asyncio.create_task(_seconds_of(running.pipeline))
                await watch(running)
                seconds = await counting
                boards = await asyncio.to_thread(running.boards.read_boards, Metric.BYTES_ADDED)
                return Run(running.worker.figures, seconds, boards)


async def _seconds_of(task: asyncio.Task[None]) -> float:
    """How long a task that has just been started takes."""
    started = perf_counter()
    await task
    return perf_counter() - started
