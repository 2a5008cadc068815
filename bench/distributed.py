"""The distributed mode: `wikitally work` over a real Kafka and one ClickHouse server, all on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median

import pytest

from bench.distributed_rates import ENROLMENTS, PROGRAMS, Rate, Rebuilt, measure_round, rebuild
from bench.events import make_events
from bench.fleet import BATCH, PARTITIONS, SESSION_SECONDS, Parts, running_parts
from bench.latency import RATE
from bench.percentiles import percentile
from bench.processes import load_average
from bench.steady import Late, Takeover, measure_latency, measure_takeovers


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is done."""

    events: int = 60_000
    warm: int = 2_000
    """Events before those that are measured."""
    rounds: int = 3
    rate: float = RATE
    """Events per second of what is measured at a steady rate."""
    seconds: float = 30.0
    kills: int = 3
    session_seconds: float = SESSION_SECONDS
    rebuilt: int = 200_000
    workers: Sequence[int] = (1, 2)


@dataclass(frozen=True, slots=True)
class Reached:
    """All of it."""

    rates: Sequence[Sequence[Rate]]
    """By round."""
    late: Mapping[int, Late]
    """By number of workers."""
    takeovers: Sequence[Takeover]
    rebuilt: Sequence[Rebuilt]


Say = Callable[[str], object]


def print_measured(sizes: Sizes) -> None:
    """Measure and say what was reached, each part when it is done; where there is no Java, say that."""
    try:
        measure(sizes, lambda line: print(line, flush=True))
    except (pytest.skip.Exception, pytest.fail.Exception) as missing:
        print(f"Distributed mode: not measured. {missing.msg}\n")


def measure(sizes: Sizes, say: Say) -> Reached:
    """All parts, one after the other."""
    with running_parts() as parts:
        say(
            f"Distributed mode: one Apache Kafka broker, one ClickHouse server and all else on this machine; "
            f"Faust {version('faust-streaming')}, {PARTITIONS} partitions by wiki, batches of at most {BATCH:,}, "
            f"{PROGRAMS} programs, {ENROLMENTS:,} enrolments"
        )
        return Reached(
            _rates(parts, sizes, say),
            _latency(parts, sizes, say),
            _takeovers(parts, sizes, say),
            _rebuilt(parts, sizes, say),
        )


def _rates(parts: Parts, sizes: Sizes, say: Say) -> list[list[Rate]]:
    say(
        f"\n{sizes.events:,} made-up events that wait in Kafka, {sizes.rounds} rounds of all four: medians, also "
        "of the ratios within a round.\nPer CPU s: of our processes. Busiest: the events of the process with most"
    )
    events = list(make_events(sizes.events + sizes.warm, enrolled=ENROLMENTS))
    rounds = [measure_round(parts, events, sizes.warm) for _ in range(sizes.rounds)]
    say(f"{'':<18}{'':>10}{'':>11}{'µs of CPU per event':>27}{'':>9}{'to one command':>16}{'to Faust alone':>16}")
    say(
        f"{'':<18}{'events/s':>10}{'per CPU s':>11}{'ours + ClickHouse + Kafka':>27}{'busiest':>9}"
        + f"{'by clock':>10}{'CPU':>6}" * 2
    )
    for place in range(len(rounds[0])):
        say(_rate_line(rounds, place))
    _say_load(say)
    return rounds


def _rate_line(rounds: Sequence[Sequence[Rate]], place: int) -> str:
    own = [one[place] for one in rounds]
    each = [(one.cpu.ours, one.cpu.clickhouse, one.cpu.kafka) for one in own]
    cpu = " + ".join(f"{median(some) * 1e6 / own[0].events:.0f}" for some in zip(*each, strict=True))
    ratios = "".join(
        f"{median(one[place].per_second / one[to].per_second for one in rounds):>10.2f}"
        f"{median(one[place].per_cpu_second / one[to].per_cpu_second for one in rounds):>6.2f}"
        for to in (0, -1)
    )
    return (
        f"{own[0].name:<18}{median(one.per_second for one in own):>10,.0f}"
        f"{median(one.per_cpu_second for one in own):>11,.0f}{cpu:>27}{own[0].share:>9.0%}{ratios}"
    )


def _latency(parts: Parts, sizes: Sizes, say: Say) -> dict[int, Late]:
    say(
        f"{sizes.rate:,.0f} events/s for {sizes.seconds:.0f} s: seconds from the moment at which a counted edit is "
        "handed to the producer of ingest"
    )
    reached: dict[int, Late] = {}
    for number in sizes.workers:
        late = reached[number] = measure_latency(parts, sizes.rate, sizes.seconds, number)
        for what, taken in (("in ClickHouse", late.to_store), ("on a board of `wikitally serve`", late.to_board)):
            say(
                f"{_workers(number)}, until it is {what}: p50 {percentile(taken, 50):.2f}, "
                f"p99 {percentile(taken, 99):.2f}, worst {max(taken):.2f} ({len(taken):,} edits)"
            )
    _say_load(say)
    return reached


def _takeovers(parts: Parts, sizes: Sizes, say: Say) -> list[Takeover]:
    say(
        f"SIGKILL of the busier of two workers at {sizes.rate:,.0f} events/s, session timeout "
        f"{sizes.session_seconds:.0f} s: seconds until the other one"
    )
    reached: list[Takeover] = []
    for one in measure_takeovers(parts, sizes.rate, sizes.kills, sizes.session_seconds):
        reached.append(one)
        caught_up = "has not caught up in a minute" if one.caught_up is None else f"has caught up {one.caught_up:.1f}"
        say(f"has its partitions {one.assigned:.1f}, has stored the next event of them {one.stored:.1f}, {caught_up}")
    _say_load(say)
    return reached


def _rebuilt(parts: Parts, sizes: Sizes, say: Say) -> list[Rebuilt]:
    say(f"All tables from the log: a store with nothing but programs in it, {sizes.rebuilt:,} facts in Kafka")
    reached = rebuild(parts, sizes.rebuilt, sizes.workers)
    for one in reached:
        million = 1_000_000 / one.events
        say(
            f"{_workers(one.workers)}: {one.seconds * million:,.0f} s per million facts ({one.seconds:.1f} s, after "
            f"{one.until_first:.1f} s to start); CPU s per million: {one.cpu.ours * million:,.0f} ours, "
            f"{one.cpu.clickhouse * million:,.0f} ClickHouse, {one.cpu.kafka * million:,.0f} Kafka"
        )
    _say_load(say)
    return reached


def _workers(number: int) -> str:
    return "1 worker" if number == 1 else f"{number} workers"


def _say_load(say: Say) -> None:
    say(f"load average {load_average()}\n")
