"""Facts per second into ClickHouse by batch size: through our adapter, and with the two clients that others use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import product
from statistics import median
from time import perf_counter, process_time
from typing import Any

import clickhouse_connect
from clickhouse_driver import Client

from bench.events import make_events
from bench.made_store import wait_for_merges
from bench.opening import temporary_store
from bench.processes import cpu_seconds, load_average
from bench.progress import shown, step
from deploy.clock import now
from deploy.opening import OpenStore
from processors.facts.decode import Skipped, decode
from processors.facts.facts import Fact
from storage.clickhouse import ClickHouseStore
from storage.embedded import Address
from storage.embedded_config import WRITER
from storage.fact_rows import COLUMNS, as_columns

BATCHES = (100, 1_000, 10_000, 100_000)
_LEAST_ROWS, _MOST_BATCHES = 20_000, 50
"""Written in one pass: so many rows at least, but no more batches than that."""
_AT = now()

Columns = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Writer:
    """One way to write facts."""

    name: str
    store: ClickHouseStore
    """The database that it writes to: all have the same schema, views included."""
    write: Callable[[Columns], object]
    append: Callable[[Sequence[Fact]], object]
    """The same, from facts."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What a writer reached with one size of batch."""

    best: Pass
    """The least of each that any round took."""
    ratio: float
    """How much faster the adapter was in the same round, by the clock; the median of all rounds."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What writing one row took, in seconds."""

    wall: float
    cpu: float
    """Of this process."""
    store_cpu: float
    """Of ClickHouse."""


def print_measured(rounds: int) -> None:
    """Measure and say what was reached."""
    print(f"Writing facts into the migrated schema: the best of {rounds} rounds, all ways in turn, async_insert=0")
    print("  adapter: ClickHouseStore.append; Connections.insert where facts were encoded before")
    print(f"  driver:  Client.execute of clickhouse-driver {version('clickhouse-driver')}, columnar, native TCP")
    print(f"  connect: insert of clickhouse-connect {version('clickhouse-connect')}, columnar, one context, HTTP, lz4")
    with temporary_store() as opened, _writers(opened) as writers:
        assert opened.server is not None
        with step(f"decoding {BATCHES[-1]:,} made-up events"):
            facts = list(_facts(BATCHES[-1]))
        _print_encoding(facts, rounds)
        reached: dict[tuple[int, bool], list[Reached]] = {}
        cases = list(product(BATCHES, (False, True)))
        for batch, encode in shown("batch sizes, without and with encoding", cases, len(cases)):
            reached[batch, encode] = _best(writers, opened.server.pid, facts, batch, rounds, encode=encode)
    for encode in (False, True):
        _print_rates(writers, {batch: reached[batch, encode] for batch in BATCHES}, encode=encode)
    print(f"load average {load_average()}\n")


def _print_rates(writers: Sequence[Writer], reached: Mapping[int, Sequence[Reached]], *, encode: bool) -> None:
    names = [writer.name for writer in writers]
    print(
        f"encoding {'included' if encode else 'left out'}: rows per second; the adapter's to the others' in the same "
        "round, median;\nmicroseconds of CPU per row, of this process + of ClickHouse"
    )
    heads = [*(f"{one:>10}" for one in names), *(f"{'to ' + one:>12}" for one in names[1:])]
    print(f"{'batch':>10}" + "".join(heads) + "".join(f"{one:>14}" for one in names))
    for batch, all_of_them in reached.items():
        bests = [one.best for one in all_of_them]
        rates = "".join(f"{1 / one.wall:>10,.0f}" for one in bests)
        ratios = "".join(f"{one.ratio:>12.2f}" for one in all_of_them[1:])
        cpu = "".join(f"{f'{one.cpu * 1e6:.0f}+{one.store_cpu * 1e6:.0f}':>14}" for one in bests)
        print(f"{batch:>10,}{rates}{ratios}{cpu}")


def _print_encoding(facts: Sequence[Fact], rounds: int) -> None:
    def rate() -> float:
        started = perf_counter()
        as_columns(facts, _AT)
        return len(facts) / (perf_counter() - started)

    print(f"encoding facts to columns alone: {max(rate() for _ in range(rounds)):,.0f} rows/s")


def _facts(count: int) -> Iterator[Fact]:
    for data in make_events(count, enrolled=100_000):
        fact = decode(data)
        assert not isinstance(fact, Skipped)
        yield fact


@contextmanager
def _writers(opened: OpenStore) -> Iterator[list[Writer]]:
    assert opened.server is not None
    address, target = opened.server.start(), opened.store.connections.target
    with ExitStack() as stack:
        stores = []
        for name in ("ours", "driver", "connect"):
            store = ClickHouseStore(replace(target, database=f"bench_{name}"))
            stack.callback(store.close)
            store.migrate()
            stores.append(store)
        ours, driven, connected = stores
        driver = _driver(address, driven.connections.target.database)
        stack.callback(driver.disconnect)
        write, post = _driver_write(driver), _connect(address, connected.connections.target.database)
        yield [
            Writer(
                "adapter",
                ours,
                lambda columns: ours.connections.insert("facts", COLUMNS, columns),
                lambda facts: ours.append(facts, _AT),
            ),
            Writer("driver", driven, write, lambda facts: write(as_columns(facts, _AT))),
            Writer("connect", connected, post, lambda facts: post(as_columns(facts, _AT))),
        ]


def _driver(address: Address, database: str) -> Client:
    return Client(
        address.host,
        port=address.tcp_port,
        user=WRITER,
        password=address.writer_password,
        database=database,
        settings={"async_insert": 0},
    )


def _driver_write(client: Client) -> Callable[[Columns], object]:
    statement = f"INSERT INTO facts ({', '.join(COLUMNS)}) VALUES"
    return lambda columns: client.execute(statement, list(columns), columnar=True)


def _connect(address: Address, database: str) -> Callable[[Columns], object]:
    client = clickhouse_connect.get_client(
        host=address.host,
        port=address.http_port,
        username=WRITER,
        password=address.writer_password,
        database=database,
        settings={"async_insert": 0},
    )
    context = client.create_insert_context("facts", column_names=COLUMNS, column_oriented=True)

    def write(columns: Columns) -> None:
        context.data = columns
        client.insert(context=context)

    return write


def _best(
    writers: Sequence[Writer], server: int, facts: Sequence[Fact], batch: int, rounds: int, *, encode: bool
) -> list[Reached]:
    """What each writer reached."""
    count = max(batch, min(_LEAST_ROWS, batch * _MOST_BATCHES))
    batches = [facts[first : first + batch] for first in range(0, count, batch)]
    passes: list[list[Pass]] = [[] for _ in writers]
    for turn, place in product(range(rounds), range(len(writers))):
        # Who begins changes, so that nobody always follows the same one.
        place = (turn + place) % len(writers)
        passes[place].append(_pass(writers[place], server, batches, encode=encode))
    return [
        Reached(
            Pass(min(one.wall for one in some), min(one.cpu for one in some), min(one.store_cpu for one in some)),
            median(one.wall / ours.wall for ours, one in zip(passes[0], some, strict=True)),
        )
        for some in passes
    ]


def _pass(writer: Writer, server: int, batches: Sequence[Sequence[Fact]], *, encode: bool) -> Pass:
    for table in ("facts", "activity_minutes", "registrations"):
        writer.store.connections.command(f"TRUNCATE TABLE {table}")
    wait_for_merges(writer.store)
    encoded = [] if encode else [as_columns(facts, _AT) for facts in batches]
    before = perf_counter(), process_time(), cpu_seconds(server)
    if encode:
        for facts in batches:
            writer.append(facts)
    else:
        for columns in encoded:
            writer.write(columns)
    after = perf_counter(), process_time(), cpu_seconds(server)
    rows = sum(map(len, batches))
    return Pass(*((end - start) / rows for start, end in zip(before, after, strict=True)))
