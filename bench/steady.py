"""`wikitally work` while events come at a steady rate: how late boards are, and who takes over from the dead."""

from __future__ import annotations

import json
import random
import subprocess
import threading
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from time import perf_counter, sleep

from bench.distributed_rates import ENROLMENTS, PROGRAMS
from bench.events import make_event
from bench.fleet import PARTITIONS, Parts, Shared, partitions, wait_until_shared
from bench.latency import SHOWN, SHOWN_EVERY, shown_program
from bench.throughput import programs
from ingest.kafka_log import KafkaLog
from ingest.kafka_reading import partition_of
from ingest.kafka_target import KafkaTarget
from ingest.topics import Topic, TopicPlan
from processors.facts.messages import Message, encode_fact, read_envelope
from processors.ports.store import RawEvent
from processors.programs.program import Program
from storage.positions import LogPosition
from tests.acceptance.commands import ENVIRONMENT, arguments
from tests.distributed import Work, processed
from tests.kafka import Kafka, free_ports

LOOK_EVERY = 0.02
_MOST_SECONDS = 60.0
"""What is sent is stored by then, or something is wrong."""


@dataclass(frozen=True, slots=True)
class Late:
    """Seconds from the moment at which a counted edit was handed to the producer of ingest."""

    events: int
    to_store: list[float]
    """Until its contribution could be read in ClickHouse."""
    to_board: list[float]
    """Until a live update of `wikitally serve` showed so many edits."""


@dataclass(frozen=True, slots=True)
class Takeover:
    """Seconds from the SIGKILL of one of two workers."""

    session_seconds: float
    assigned: float
    """Until the other had its partitions."""
    stored: float
    """Until an event of its partitions was stored again."""
    caught_up: float | None
    """Until no more than a second's events waited; None: that took too long."""


class Steady:
    """Puts events into Kafka as ingest does, so many a second, until it is closed."""

    def __init__(self, kafka: Kafka, plan: TopicPlan, rate: float) -> None:
        self.rate = rate
        self.sent: dict[int, float] = {}
        """By revision, when each counted edit was handed over."""
        self.events = 0
        self._topic = plan.name(Topic.FACTS)
        self._producer = KafkaLog(KafkaTarget.parse(kafka.url), plan).open_producer()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="steady")
        self._thread.start()

    def _run(self) -> None:
        draw = random.Random(7)
        began = perf_counter()
        for number in count():
            revision, message = _made(number, draw)
            due = began + number / self.rate
            while (left := due - perf_counter()) > 0:
                if self._stop.wait(left):
                    return
            if self._stop.is_set():
                return
            if revision:
                self.sent[revision] = perf_counter()
            self._producer.send(self._topic, message.value, message.key, headers=list(message.headers))
            self.events = number + 1

    def stop(self) -> None:
        """Send no more; what was sent is acknowledged on return."""
        self._stop.set()
        self._thread.join()
        self._producer.flush(timeout=60)

    def close(self) -> None:
        self.stop()
        self._producer.close()


def _made(number: int, draw: random.Random) -> tuple[int, Message]:
    """An event; where it is one that the board counts, its revision."""
    at = datetime.now(UTC)
    shown = number % SHOWN_EVERY == 0
    while True:
        data = make_event(number, at, draw, enrolled=ENROLMENTS, user=SHOWN if shown else None)
        event = json.loads(data)
        if not shown or event["type"] in ("edit", "new"):
            break
    return event["revision"]["new"] if shown else 0, encode_fact(RawEvent(data), read_envelope(data))


def _programs() -> list[Program]:
    return [shown_program(3), *programs(PROGRAMS, ENROLMENTS)]


def measure_latency(parts: Parts, rate: float, seconds: float, number: int) -> Late:
    """With so many workers, for so long."""
    plan = parts.new_topics()
    with parts.new_store(_programs()) as shared, parts.workers(plan, shared) as workers:
        for _ in range(number):
            workers.start()
        wait_until_shared(workers)
        with _serving(shared) as url, ThreadPoolExecutor(1) as threads:
            steady = Steady(parts.kafka, plan, rate)
            try:
                board = threads.submit(_follow_board, url, steady, seconds)
                seen = _follow_store(shared, steady, seconds)
                shown_at = board.result()
            finally:
                steady.close()
        for work in workers.all:
            work.stop()
    sent = sorted(steady.sent.values())
    to_store = [at - steady.sent[revision] for revision, at in seen.items()]
    return Late(steady.events, to_store, [at - then for at, then in zip(shown_at, sent, strict=False)])


def _follow_store(shared: Shared, steady: Steady, seconds: float) -> dict[int, float]:
    """By revision, when it could be read. Events stop after `seconds`; then it waits for the last ones."""
    seen: dict[int, float] = {}
    ends = perf_counter() + seconds
    while True:
        if perf_counter() > ends:
            steady.stop()
        rows, _ = shared.store.connections.statement("SELECT rev_id FROM contributions WHERE program = 'shown'")
        at = perf_counter()
        seen |= {revision: at for (revision,) in rows if revision not in seen}
        if at > ends and len(seen) == len(steady.sent):
            return seen
        assert at < ends + _MOST_SECONDS, f"{len(steady.sent) - len(seen)} edits are not stored"
        sleep(LOOK_EVERY)


@contextmanager
def _serving(shared: Shared) -> Iterator[str]:
    """`wikitally serve` beside the workers."""
    (port,) = free_ports(1)
    process = subprocess.Popen(
        arguments("serve", "--port", port),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**ENVIRONMENT, "WIKITALLY_CLICKHOUSE_URL": shared.url},
    )
    url = f"http://127.0.0.1:{port}"
    try:
        ends = perf_counter() + _MOST_SECONDS
        while not _answers(f"{url}/api/v1/programs/shown"):
            assert process.poll() is None, "`wikitally serve` has ended"
            assert perf_counter() < ends, "`wikitally serve` does not answer"
            sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status) == 200
    except OSError:
        return False


def _follow_board(url: str, steady: Steady, seconds: float) -> list[float]:
    """When so many edits were on the board: at 0 the first one, and so on."""
    shown: list[float] = []
    ends = perf_counter() + seconds
    with (
        urllib.request.urlopen(f"{url}/api/v1/programs/shown/live", timeout=_MOST_SECONDS) as answer,
        suppress(TimeoutError),
    ):
        for line in answer:
            at = perf_counter()
            if line.startswith(b"data:"):
                edits = json.loads(line[5:]).get("totals", {}).get("edits", 0)
                shown += [at] * (edits - len(shown))
            if at > ends and (len(shown) >= len(steady.sent) or at > ends + _MOST_SECONDS):
                break
    return shown


def measure_takeovers(parts: Parts, rate: float, kills: int, session_seconds: float) -> Iterator[Takeover]:
    """Kill the worker that has most to do, so many times, and start another one in its place."""
    plan = parts.new_topics()
    session = {"WIKITALLY_KAFKA_SESSION_SECONDS": str(session_seconds)}
    with parts.new_store(_programs()) as shared, parts.workers(plan, shared) as workers:
        workers.start(**session)
        steady = Steady(parts.kafka, plan, rate)
        try:
            for _ in range(kills):
                workers.start(**session)
                wait_until_shared(workers)
                _wait_until_idle(shared, plan, steady)
                busy, other = _by_work([work for work in workers.all if work.process.poll() is None])
                yield _kill(busy, other, shared, plan, steady, session_seconds)
        finally:
            steady.close()


def _by_work(two: Sequence[Work]) -> tuple[Work, Work]:
    commons = partition_of(b"commons.wikimedia.org", PARTITIONS)
    first, second = two
    return (first, second) if commons in partitions(first) else (second, first)


def _kill(busy: Work, other: Work, shared: Shared, plan: TopicPlan, steady: Steady, session_seconds: float) -> Takeover:
    theirs = partitions(busy)
    busy.kill()
    began = perf_counter()
    # What it has sent to ClickHouse may still be written.
    sleep(min(0.5, session_seconds / 4))
    before = _reached(shared, plan)
    assigned = 0.0
    while True:
        if not assigned and theirs <= _assigned(other):
            assigned = perf_counter() - began
        moved = _reached(shared, plan)
        if any(moved[one].reached.offset > before[one].reached.offset for one in theirs & before.keys()):
            break
        assert perf_counter() - began < session_seconds + 2 * _MOST_SECONDS, other.tail()
        sleep(LOOK_EVERY)
    stored = perf_counter() - began
    caught_up = perf_counter() - began if _wait_until_idle(shared, plan, steady) else None
    return Takeover(session_seconds, assigned or stored, stored, caught_up)


def _assigned(work: Work) -> frozenset[int]:
    said = work.said("partitions assigned")
    return frozenset(said[-1]["partitions"]) if said else frozenset()


def _reached(shared: Shared, plan: TopicPlan) -> dict[int, LogPosition]:
    topic = plan.name(Topic.FACTS)
    return shared.store.positions_in_log(f"kafka:{topic}", topic)


def _wait_until_idle(shared: Shared, plan: TopicPlan, steady: Steady) -> bool:
    """Until no more than a second's events wait; False: they are more for too long."""
    ends = perf_counter() + _MOST_SECONDS
    while steady.events - processed(shared.store, plan) > steady.rate:
        if perf_counter() > ends:
            return False
        sleep(LOOK_EVERY)
    return True
