"""Events per second through decode, dedupe, judge and the store, by the number of programs."""

from __future__ import annotations

import gc
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time

from bench.events import START, make_events, participant
from bench.processes import cpu_seconds, resident_bytes
from deploy.applying import apply_programs
from deploy.clock import now
from deploy.opening import OpenStore, owned_store
from deploy.settings import load_settings
from deploy.worker import Worker
from ingest.tracking import PositionTracker
from processors.metrics import NoMetrics
from processors.ports import RawEvent
from processors.programs import Participant, Program, Session

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


@contextmanager
def empty_store() -> Iterator[OpenStore]:
    """A store that goes away again."""
    with (
        tempfile.TemporaryDirectory(prefix="wikitally-bench-") as directory,
        owned_store(load_settings(data=Path(directory) / "store")) as opened,
    ):
        yield opened


def measure(program_count: int, enrolments: int, events: int) -> Measured:
    """One pass over `events` events."""
    raw = [RawEvent(data, None, "bench") for data in make_events(events, enrolled=enrolments)]
    batches = [raw[first : first + BATCH] for first in range(0, len(raw), BATCH)]
    with empty_store() as opened:
        apply_programs(opened.store, programs(program_count, enrolments))
        worker = Worker(opened.store, PositionTracker("bench", None), metrics=NoMetrics(), clock=now)
        started = perf_counter()
        worker.load()
        loaded = perf_counter() - started
        assert opened.server is not None
        child = opened.server.pid
        gc.collect()
        gc.freeze()
        wall, cpu, store_cpu = perf_counter(), process_time(), cpu_seconds(child)
        for batch in batches:
            worker.commit(worker.read(batch))
        measured = Measured(
            programs=program_count,
            enrolments=enrolments,
            events=events,
            entries=worker.figures.contributions,
            load_seconds=loaded,
            wall_seconds=perf_counter() - wall,
            cpu_seconds=process_time() - cpu,
            store_cpu_seconds=cpu_seconds(child) - store_cpu,
            resident_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            store_resident_bytes=resident_bytes(child),
        )
    gc.unfreeze()
    return measured
