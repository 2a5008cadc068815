"""Events per second through decode, dedupe, judge and the store, by the number of programs."""

from __future__ import annotations

import resource
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time

from bench.events import START, make_events, participant
from bench.processes import cpu_seconds, resident_bytes
from deploy.clock import now
from deploy.counting.worker import Worker
from deploy.opening import owned_store
from deploy.programs.applying import apply_programs
from deploy.settings import load_settings
from ingest.tracking import PositionTracker
from processors.metrics import NoMetrics
from processors.ports.store import RawEvent
from processors.programs.program import Participant, Program, Session

BATCH = 2000


@dataclass(frozen=True, slots=True)
class Measured:
    """One pass."""

    programs: int
    enrolments: int
    events: int
    entries: int
    load_seconds: float
    wall_seconds: float
    cpu_seconds: float
    """Of this process."""
    store_cpu_seconds: float
    """Of ClickHouse meanwhile."""
    resident_bytes: int
    """The most there ever was."""
    store_resident_bytes: int

    @property
    def per_second(self) -> float:
        return self.events / self.wall_seconds

    @property
    def per_cpu_second(self) -> float:
        return self.events / self.cpu_seconds


def programs(count: int, enrolments: int) -> list[Program]:
    """`count` programs with `enrolments` participants in all, each user enrolled once."""
    session = Session(START - timedelta(hours=1), START + timedelta(days=30))
    each = enrolments // count
    return [
        Program(
            slug=f"program-{number}",
            title=f"Program {number}",
            sessions=(session,),
            wikis=("*",),
            participants=tuple(Participant(participant(one)) for one in range(number * each, (number + 1) * each)),
        )
        for number in range(count)
    ]


def prepare(data: Path, program_count: int, enrolments: int) -> None:
    """Make a store that holds the programs."""
    with owned_store(load_settings(data=data)) as opened:
        apply_programs(opened.log, programs(program_count, enrolments))


def measure(data: Path, enrolments: int, events: int) -> Measured:
    """One pass over `events` events, in a store that `prepare` made in another process: its memory is not ours.

    Making the events up is not measured.
    """
    with owned_store(load_settings(data=data)) as opened:
        worker = Worker(opened.store, opened.log, PositionTracker("bench", None), metrics=NoMetrics(), clock=now)
        started = perf_counter()
        worker.load()
        loaded = perf_counter() - started
        assert opened.server is not None
        child = opened.server.pid
        made = make_events(events, enrolled=enrolments)
        wall = cpu = store_cpu = 0.0
        while batch := [RawEvent(data, None, "bench") for data in islice(made, BATCH)]:
            before = perf_counter(), process_time(), cpu_seconds(child)
            worker.commit(worker.read(batch))
            wall += perf_counter() - before[0]
            cpu += process_time() - before[1]
            store_cpu += cpu_seconds(child) - before[2]
        return Measured(
            programs=len(opened.store.definitions()),
            enrolments=enrolments,
            events=events,
            entries=worker.figures.contributions,
            load_seconds=loaded,
            wall_seconds=wall,
            cpu_seconds=cpu,
            store_cpu_seconds=store_cpu,
            resident_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            store_resident_bytes=resident_bytes(child),
        )
