"""Late news: a program judged anew from the log, somebody enrolled while the stream goes on, somebody explained."""

from __future__ import annotations

import random
import resource
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter, sleep

from bench.events import START, WIKIS, make_event, participant
from bench.processes import resident_bytes
from deploy.answers.explaining import Explainer
from deploy.clock import now
from deploy.counting.worker import Worker
from deploy.opening import OpenStore, owned_store
from deploy.programs.applying import apply_programs
from deploy.settings import load_settings
from ingest.tracking import PositionTracker
from processors.facts.facts import Edit, Position, UserClass
from processors.metrics import NoMetrics
from processors.ports.store import RawEvent
from processors.programs.program import Participant, Period, Program, Session

BUSY = "Somebody busy"
"""Has 10,000 edits of those that are explained."""
BUSY_EDITS = 10_000
RATE = 500
"""Events per second while somebody is enrolled: ten times the live stream."""
_USERS = 5_000
_AT_ONCE = 50_000

PROGRAM = Program(
    slug="late",
    title="Late",
    sessions=(Session(START, START + timedelta(days=30)),),
    wikis=("*",),
    namespaces=(("default", None),),
    participants=(*(Participant(participant(number)) for number in range(_USERS)), Participant(BUSY)),
)


@dataclass(frozen=True, slots=True)
class Late:
    """What was reached."""

    candidates: int
    first_seconds: float
    """Judging all candidates and writing the books for the first time."""
    again_seconds: float
    """Judging them again after a change that alters nothing but one in fifty."""
    changed: int
    """Entries that the change altered: those alone are written."""
    resident_bytes: int
    """The most that the process ever had."""
    store_resident_bytes: int
    enrolled_seconds: float
    """From the decision to the board that is right, with `RATE` events per second going on."""
    enrolled_edits: int
    explained_seconds: float
    explained_actions: int


def measure(edits: int) -> Late:
    """Run all three on a log of `edits` edits."""
    with (
        tempfile.TemporaryDirectory(prefix="wikitally-bench-") as directory,
        owned_store(load_settings(data=Path(directory) / "store")) as opened,
    ):
        for chunk in _chunks(_edits(edits)):
            opened.store.append(chunk, START)
        worker = _worker(opened)
        first = _judge(opened, worker, PROGRAM)
        changed = replace(PROGRAM, exclude=replace(PROGRAM.exclude, minor=True))
        again = _judge(opened, worker, changed)
        enrolled, enrolled_edits = _enrol(opened, worker, changed)
        explained, actions = _explain(opened)
        assert opened.server is not None
        return Late(
            candidates=edits,
            first_seconds=first,
            again_seconds=again,
            changed=_minor_ones(opened),
            resident_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            store_resident_bytes=resident_bytes(opened.server.pid),
            enrolled_seconds=enrolled,
            enrolled_edits=enrolled_edits,
            explained_seconds=explained,
            explained_actions=actions,
        )


def print_measured(edits: int) -> None:
    """Measure and say what was reached, beside what was aimed at."""
    one = measure(edits)
    mib = 2**20
    print(f"Late news: a program with {one.candidates:,} candidate edits of {_USERS + 1:,} participants")
    print(
        f"judged from the log: {one.candidates / one.first_seconds:,.0f} edits/s the first time "
        f"({one.first_seconds:.1f} s), {one.candidates / one.again_seconds:,.0f} edits/s again "
        f"({one.again_seconds:.1f} s, {one.changed:,} entries differ and are written)"
    )
    print(f"resident at most {one.resident_bytes / mib:,.0f} MiB, ClickHouse {one.store_resident_bytes / mib:,.0f} MiB")
    print(
        f"one user with {one.enrolled_edits:,} edits enrolled during {RATE} events/s: "
        f"{one.enrolled_seconds:.2f} s until the board is right"
    )
    print(f"{one.explained_actions:,} edits of one user explained in {one.explained_seconds:.2f} s\n")


def _worker(opened: OpenStore) -> Worker:
    return Worker(opened.store, opened.log, PositionTracker("bench", None), metrics=NoMetrics(), clock=now)


def _edits(count: int) -> Iterator[Edit]:
    """Edits of the participants, a thousandth of a wiki each; one in fifty is minor."""
    draw = random.Random(3)
    for number in range(count):
        wiki, dbname = WIKIS[number % len(WIKIS)]
        at = START + timedelta(seconds=number * 2_000_000 // count)
        old = draw.randrange(100, 60_000)
        yield Edit(
            event_id=f"bench-{number}",
            wiki=wiki,
            dbname=dbname,
            occurred_at=at,
            emitted_at=at,
            rcid=number + 1,
            user=BUSY if number < BUSY_EDITS else participant(draw.randrange(_USERS)),
            user_class=UserClass.NAMED,
            bot=False,
            namespace=0,
            title=f"Page {draw.randrange(200_000)}",
            comment="",
            position=Position("bench", 0, number),
            rev_id=number + 1,
            parent_id=number,
            created=False,
            minor=number % 50 == 0,
            length_old=old,
            length_new=old + draw.randrange(-200, 2000),
        )


def _chunks(edits: Iterator[Edit]) -> Iterator[Sequence[Edit]]:
    while chunk := list(islice(edits, _AT_ONCE)):
        yield chunk


def _judge(opened: OpenStore, worker: Worker, program: Program) -> float:
    apply_programs(opened.log, [program])
    started = perf_counter()
    worker.catch_up()
    return perf_counter() - started


def _minor_ones(opened: OpenStore) -> int:
    rows, _ = opened.store.connections.statement(
        "SELECT count() FROM ledger WHERE verdict = 'minor_excluded' AND before = 'counted'"
    )
    return int(rows[0][0])


def _enrol(opened: OpenStore, worker: Worker, program: Program) -> tuple[float, int]:
    """Let somebody in who edited before, in the middle of a stream at RATE; return seconds until they count."""
    draw = random.Random(5)
    last = PROGRAM.participants[-1]
    assert last.user == BUSY
    others = replace(program, participants=program.participants[:-1])
    apply_programs(opened.log, [replace(others, participants=(*others.participants, replace(last, periods=())))])
    worker.catch_up()
    number, decided, began = 0, 0.0, perf_counter()
    looked = began
    while True:
        due = int((perf_counter() - began) * RATE)
        batch = [RawEvent(make_event(one, now(), draw, enrolled=_USERS), None, "bench") for one in range(number, due)]
        number = max(number, due)
        if batch:
            worker.commit(worker.read(batch))
        if not decided and perf_counter() - began > 3:
            back = replace(others, participants=(*others.participants, replace(last, periods=(Period(),))))
            apply_programs(opened.log, [back])
            decided = perf_counter()
        if perf_counter() - looked > 1:
            # As often as the pipeline does.
            looked = perf_counter()
            worker.load()
        worker.work()
        rows, _ = opened.store.connections.statement(
            f"SELECT sum(edits) FROM standings FINAL WHERE program = 'late' AND user = '{BUSY}'"
        )
        edits = int(rows[0][0] or 0)
        if decided and edits:
            return perf_counter() - decided, edits
        sleep(0.01)


def _explain(opened: OpenStore) -> tuple[float, int]:
    started = perf_counter()
    explainer = Explainer.of(opened.store, "late")
    assert explainer is not None
    explained = explainer.user(BUSY)
    return perf_counter() - started, len(explained.entries)
