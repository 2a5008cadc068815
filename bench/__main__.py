"""`make bench`: what this machine does, measured now. Aims beside each figure; nothing is asserted."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench import late, latency, queries, store, throughput, webhooks
from bench.processes import load_average

ENROLMENTS = 1_000_000
LATE_EDITS = 1_000_000
QUERIED_EDITS = (1_000_000, 20_000_000)

PARTS = ("throughput", "late", "latency", "store", "queries", "distributed", "webhooks")
EVENTS = 200_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "--events", type=int, help=f"events of each pass of throughput ({EVENTS:,}) and of distributed (60,000)"
    )
    parser.add_argument("--seconds", type=float, default=30, help="how long latency is measured")
    parser.add_argument("--rounds", type=int, help="passes of throughput (1), of the store (5), of distributed (3)")
    parser.add_argument(
        "--edits",
        type=int,
        help="candidate edits of the program judged from the log (1,000,000); edits that queries run over "
        "(1,000,000, then 20,000,000)",
    )
    parser.add_argument("--runs", type=int, default=100, help="how often each query is run")
    parser.add_argument("--only", choices=PARTS, help="one part alone")
    parser.add_argument("--prepare", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    # So that a measurement that is stopped takes its data away, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if options.prepare is not None:
        throughput.prepare(options.data, options.prepare, ENROLMENTS)
        return
    if options.data is not None:
        print(json.dumps(asdict(throughput.measure(options.data, ENROLMENTS, options.events or EVENTS))))
        return
    print(
        f"wikitally {version('wikitally')}, ClickHouse from chdb-core {version('chdb-core')}, "
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} CPUs; "
        f"load average at the start {load_average()}\n"
    )
    if options.only in (None, "throughput"):
        _print_throughput(options.events or EVENTS, options.rounds or 1)
    if options.only in (None, "late"):
        late.print_measured(options.edits or LATE_EDITS)
    if options.only in (None, "latency"):
        _print_latency(options.seconds)
    if options.only in (None, "webhooks"):
        webhooks.print_measured(options.seconds)
    if options.only in (None, "store"):
        store.print_measured(options.rounds or 5)
    if options.only in (None, "queries"):
        for edits in (options.edits,) if options.edits else QUERIED_EDITS:
            queries.print_measured(edits, options.runs)
    if options.only in (None, "distributed"):
        _print_distributed(options.events, options.rounds)


def _print_throughput(events: int, rounds: int) -> None:
    print(
        f"Throughput: {events:,} made-up events, {ENROLMENTS:,} enrolments, "
        f"batches of {throughput.BATCH:,}, one process each"
    )
    print("programs  events/s  per CPU s  ClickHouse CPU s  counted  load s  resident  ClickHouse resident")
    rates: dict[int, float] = {}
    for programs in (10, 1_000, 10_000):
        one = max(
            (_pass(programs, events) for _ in range(rounds)),
            key=lambda result: result["events"] / result["cpu_seconds"],
        )
        rates[programs] = one["events"] / one["cpu_seconds"]
        print(
            f"{programs:>8,}  {one['events'] / one['wall_seconds']:>8,.0f}  {rates[programs]:>9,.0f}  "
            f"{one['store_cpu_seconds']:>16.1f}  {one['entries']:>7,}  {one['load_seconds']:>6.1f}  "
            f"{one['resident_bytes'] / 2**20:>4,.0f} MiB  {one['store_resident_bytes'] / 2**20:>4,.0f} MiB"
        )
    print(f"cost per event, 10,000 programs against 10: {rates[10] / rates[10_000]:.2f} times (aim: at most 1.3)")
    print("aim: at least 20,000 events/s, resident below 1,024 MiB\n")


def _print_distributed(events: int | None, rounds: int | None) -> None:
    # Not before it is needed: it takes in the tests' servers, and what else runs here is measured with its memory.
    from bench import distributed

    sizes = distributed.Sizes()
    distributed.print_measured(replace(sizes, events=events or sizes.events, rounds=rounds or sizes.rounds))


def _pass(programs: int, events: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="wikitally-bench-") as directory:
        data = f"{directory}/store"
        _bench("--prepare", programs, "--data", data)
        measured: dict[str, Any] = json.loads(_bench("--data", data, "--events", events).splitlines()[-1])
        return measured


def _bench(*arguments: object) -> str:
    """Run a part of the benchmark in a process of its own; returns what it printed."""
    command = [sys.executable, "-m", "bench", *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _print_latency(seconds: float) -> None:
    one = latency.measure(seconds)
    print(f"Latency: {latency.RATE} events/s for {seconds:.0f} s ({one.events:,} events, {one.updates:,} live updates)")
    print(
        f"from the server's write to the live update: p50 {one.p50:.3f} s, p99 {one.p99:.3f} s (aim: below 1), "
        f"worst {one.worst:.3f} s"
    )
    print(f"resident: {one.resident_bytes / 2**20:,.0f} MiB, ClickHouse {one.store_resident_bytes / 2**20:,.0f} MiB")


if __name__ == "__main__":
    main()
