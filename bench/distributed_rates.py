"""Events per second of `wikitally work`, of the one-command mode and of Faust alone; and all tables made anew."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter, process_time, sleep

from bench.events import make_events
from bench.fleet import BATCH, PARTITIONS, Cpu, Parts, Shared, partitions, wait_until_shared
from bench.throughput import programs
from deploy.clock import now
from deploy.counting.worker import Worker
from ingest.kafka_reading import partition_of
from ingest.topics import Topic, TopicPlan
from ingest.tracking import PositionTracker
from processors.facts.messages import read_envelope
from processors.metrics import NoMetrics
from processors.ports.store import RawEvent
from tests.distributed import Feed, Workers, processed
from tests.stores import log_of

PROGRAMS, ENROLMENTS = 10, 10_000
PAUSED_SECONDS = 60
"""Session timeout of workers that stand still while Kafka is filled for them."""
LOOK_EVERY = 0.05


@dataclass(frozen=True, slots=True)
class Rate:
    """What one way of working through the events took."""

    name: str
    events: int
    wall: float
    cpu: Cpu
    share: float
    """Of the events, those that the busiest process had."""
    contributions: int

    @property
    def per_second(self) -> float:
        return self.events / self.wall

    @property
    def per_cpu_second(self) -> float:
        """Per second of processor time of our own processes."""
        return self.events / self.cpu.ours


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How long all tables took, from an empty store and a full Kafka."""

    workers: int
    events: int
    until_first: float
    """Seconds from the start of the processes until something was stored."""
    seconds: float
    """From then on, until everything was."""
    cpu: Cpu
    """Of both."""


def measure_round(parts: Parts, events: Sequence[bytes], warm: int) -> list[Rate]:
    """Each way once, over the same events; the first `warm` of them are not measured.

    The order: one-command mode, one worker, two workers, Faust alone.
    """
    embedded = _embedded(parts, events, warm)
    one, topics = _working(parts, events, warm, 1)
    two, _ = _working(parts, events, warm, 2)
    return [embedded, one, two, _bare(parts, topics, len(events))]


def _embedded(parts: Parts, events: Sequence[bytes], warm: int) -> Rate:
    """Decode, judge and store as `wikitally run` does, in this process; nobody brings the events."""
    with parts.new_store(programs(PROGRAMS, ENROLMENTS)) as shared:
        store = shared.store
        worker = Worker(store, log_of(store), PositionTracker("bench", None), metrics=NoMetrics(), clock=now)
        worker.load()
        worker.commit(worker.read([RawEvent(event) for event in events[:warm]]))
        batches = [events[first : first + BATCH] for first in range(warm, len(events), BATCH)]
        before, wall, cpu = parts.cpu(()), perf_counter(), process_time()
        for batch in batches:
            worker.commit(worker.read([RawEvent(event) for event in batch]))
        wall, cpu = perf_counter() - wall, process_time() - cpu
        used = parts.cpu(()) - before
        return Rate(
            "one-command mode",
            len(events) - warm,
            wall,
            Cpu(cpu, used.clickhouse, used.kafka),
            1.0,
            _contributions(shared),
        )


def _working(parts: Parts, events: Sequence[bytes], warm: int, number: int) -> tuple[Rate, TopicPlan]:
    """Workers that find all events in Kafka when they begin: they stand still while it is filled."""
    plan = parts.new_topics()
    with parts.new_store(programs(PROGRAMS, ENROLMENTS)) as shared, parts.workers(plan, shared) as workers:
        feed = Feed(parts.kafka, plan)
        try:
            for _ in range(number):
                workers.start(WIKITALLY_KAFKA_SESSION_SECONDS=str(PAUSED_SECONDS))
            wait_until_shared(workers)
            feed.send(events[:warm])
            until_processed(workers, shared, plan, warm)
            for work in workers.all:
                work.pause()
            feed.send(events[warm:])
        finally:
            feed.close()
        pids = [work.process.pid for work in workers.all]
        before, began = parts.cpu(pids), perf_counter()
        for work in workers.all:
            work.go_on()
        until_processed(workers, shared, plan, len(events))
        wall, used = perf_counter() - began, parts.cpu(pids) - before
        name = f"{number} worker{'s' * (number > 1)}"
        share = max(_share(events, partitions(work)) for work in workers.all)
        rate = Rate(name, len(events) - warm, wall, used, share, _contributions(shared))
        for work in workers.all:
            work.stop()
        return rate, plan


def _share(events: Sequence[bytes], ours: frozenset[int]) -> float:
    """Of the events, those in these partitions; of some of them, which will do."""
    some = events[:2000]
    return sum(partition_of(read_envelope(one).wiki.encode(), PARTITIONS) in ours for one in some) / len(some)


def _bare(parts: Parts, plan: TopicPlan, total: int) -> Rate:
    before = parts.cpu(())
    command = [sys.executable, "-m", "bench.bare_agent", parts.kafka.url, plan.name(Topic.FACTS), str(total)]
    done = subprocess.run([*command, str(BATCH)], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    reached = json.loads(done.stdout.splitlines()[-1])
    used = parts.cpu(()) - before
    cpu = Cpu(reached["cpu"], used.clickhouse, used.kafka)
    return Rate("Faust alone", reached["events"], reached["wall"], cpu, 1.0, 0)


def rebuild(parts: Parts, events: int, numbers: Sequence[int] = (1, 2)) -> list[Rebuilt]:
    """An empty store with programs in its log, all facts in Kafka: let so many workers fill it."""
    plan = parts.new_topics()
    feed = Feed(parts.kafka, plan)
    try:
        feed.send(make_events(events, enrolled=ENROLMENTS))
    finally:
        feed.close()
    return [_rebuild(parts, plan, events, number) for number in numbers]


def _rebuild(parts: Parts, plan: TopicPlan, events: int, number: int) -> Rebuilt:
    with parts.new_store(programs(PROGRAMS, ENROLMENTS)) as shared, parts.workers(plan, shared) as workers:
        before, began = parts.cpu(()), perf_counter()
        for _ in range(number):
            workers.start()
        until_processed(workers, shared, plan, 1)
        first = perf_counter() - began
        until_processed(workers, shared, plan, events)
        used = parts.cpu([work.process.pid for work in workers.all]) - before
        rebuilt = Rebuilt(number, events, first, perf_counter() - began - first, used)
        for work in workers.all:
            work.stop()
        return rebuilt


def until_processed(workers: Workers, shared: Shared, plan: TopicPlan, total: int) -> None:
    """Until so many messages are stored and judged."""
    while processed(shared.store, plan) < total:
        assert all(work.process.poll() is None for work in workers.all), workers.tails()
        sleep(LOOK_EVERY)


def _contributions(shared: Shared) -> int:
    rows, _ = shared.store.connections.statement("SELECT count() FROM contributions FINAL")
    return int(rows[0][0])
