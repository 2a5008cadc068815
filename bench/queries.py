"""How long questions take over weeks of edits, asked as boards, reprojection and analysts ask them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import cycle
from time import perf_counter

from bench.asked import named_queries
from bench.made_store import BIG, DAYS, END, Sizes, ask, fill, table_sizes
from bench.opening import temporary_store
from bench.percentiles import Times, repeated
from bench.processes import load_average, resident_bytes
from bench.progress import shown
from deploy.answers.boards import StoreBoards
from deploy.opening import OpenStore
from processors.judging.contributions import UserRef
from processors.numbers.numbers import By, Division, Metric

USERS_AT_ONCE = 50
HISTORY = timedelta(days=23)
AIM_MS, AIM_EDITS = 50, 20_000_000
"""For the leaderboard of `BIG`."""
_DRAWS = 40
"""Sets of users whose history is read, one after the other."""
_LARGEST_COLUMNS = 8

Question = tuple[str, Callable[[], object]]


def print_measured(edits: int, runs: int) -> None:
    """Make a store with so many edits, measure, and take it away."""
    sizes = Sizes(edits)
    print(
        f"Queries over {sizes.edits:,} edits in {DAYS} days, by {sizes.users:,} users on {sizes.pages:,} pages of "
        f"{sizes.wikis} wikis; {sizes.programs} programs, the big one with {sizes.big} participants"
    )
    with temporary_store() as opened:
        started = perf_counter()
        fill(opened.store, opened.log, sizes)
        print(f"made inside ClickHouse in {perf_counter() - started:.0f} s; load average {load_average()}")
        _print_sizes(opened, edits)
        _print_times(opened, sizes, runs)
        assert opened.server is not None
        resident = resident_bytes(opened.server.pid) / 2**20
        print(f"ClickHouse resident: {resident:,.0f} MiB; load average {load_average()}\n")


def _print_sizes(opened: OpenStore, edits: int) -> None:
    print(f"{'table':<18}{'rows':>14}{'MiB':>10}{'bytes per edit':>16}{'parts':>7}")
    tables = list(table_sizes(opened.store))
    for table, rows, size, parts in tables:
        if size / edits >= 0.05:
            print(f"{table:<18}{rows:>14,}{size / 2**20:>10,.1f}{size / edits:>16.1f}{parts:>7}")
    total = sum(size for _, _, size, _ in tables)
    print(f"{'all':<18}{'':>14}{total / 2**20:>10,.1f}{total / edits:>16.1f}")
    columns = ask(opened.store, "column_sizes")[:_LARGEST_COLUMNS]
    print("of facts, bytes per edit: " + ", ".join(f"{name} {size / edits:.1f}" for name, size in columns))


def _print_times(opened: OpenStore, sizes: Sizes, runs: int) -> None:
    assert opened.server is not None
    title = f"milliseconds, {runs} runs each, one after the other"
    print(f"{title:<62}{'p50':>8}{'p99':>8}{'CPU: ours':>12}{'ClickHouse':>12}")
    questions = list(_questions(opened, sizes))
    for name, call in shown("questions", questions, len(questions)):
        times = repeated(call, runs, opened.server.pid)
        print(
            f"{name:<62}{times.p50:>8.1f}{times.p99:>8.1f}{times.cpu:>12.1f}{times.store_cpu:>12.1f}"
            f"{_aim(name, times, sizes)}",
            flush=True,
        )
        if name.startswith(_LEADERBOARD):
            asked = named_queries(opened.store, call, runs)
            told = ", ".join(
                f"{one} {ms:.1f}" + ("" if n == runs else f" ({n} times)") for one, (n, ms) in asked.items()
            )
            print(f"  of it, medians of its queries: {told}")


def _aim(name: str, times: Times, sizes: Sizes) -> str:
    if not name.startswith(_LEADERBOARD):
        return ""
    beyond = "" if sizes.edits <= AIM_EDITS else f" at {AIM_EDITS:,} edits"
    return f"  aim: below {AIM_MS}{beyond}: p50 {'met' if times.p50 < AIM_MS else 'missed'}, p99 " + (
        "met" if times.p99 < AIM_MS else "missed"
    )


_LEADERBOARD = "leaderboard"


def _questions(opened: OpenStore, sizes: Sizes) -> Iterator[Question]:
    """What is asked, each with its name."""
    store, boards = opened.store, StoreBoards(opened.store, _running_clock())
    ((entries,),) = store.connections.statement(f"SELECT count() FROM contributions FINAL WHERE program = '{BIG}'")[0]
    yield f"{_LEADERBOARD}: {sizes.big} participants, {entries:,} entries", lambda: boards.read_board(BIG, Metric.EDITS)
    yield "its board by wiki", lambda: boards.read_board(BIG, Metric.EDITS, by=By.WIKI)
    yield "its statistics by wiki", lambda: boards.read_statistics(BIG, Division.WIKI)
    yield "its statistics by day", lambda: boards.read_statistics(BIG, Division.DAY)
    yield _history(opened, sizes)
    activity = f"{store.connections.target.analytics}.activity"
    hour, minutes = END - timedelta(hours=1), END - timedelta(minutes=5)
    yield (
        "the stream's last hour, by minute (view activity)",
        _sql(opened, f"SELECT minute, sum(events) FROM {activity} WHERE minute >= {_at(hour)} GROUP BY minute"),
    )
    yield (
        "its last 5 minutes by wiki (view activity)",
        _sql(opened, f"SELECT wiki, sum(events) FROM {activity} WHERE minute >= {_at(minutes)} GROUP BY wiki"),
    )
    edits = f"{store.connections.target.analytics}.edits"
    yield (
        "the same from every edit (view edits)",
        _sql(opened, f"SELECT wiki, count() FROM {edits} WHERE occurred_at >= {_at(minutes)} GROUP BY wiki"),
    )


def _history(opened: OpenStore, sizes: Sizes) -> Question:
    draw = random.Random(13)
    sets = [{UserRef(f"Editor {draw.randrange(sizes.users)}") for _ in range(USERS_AT_ONCE)} for _ in range(_DRAWS)]
    since = END - HISTORY
    found = sum(sum(1 for _ in opened.store.actions_of_users(users, since, END)) for users in sets)
    turns = cycle(sets)
    return (
        f"history of {USERS_AT_ONCE} users in {HISTORY.days} days, {found / len(sets):,.0f} edits",
        lambda: list(opened.store.actions_of_users(next(turns), since, END)),
    )


def _sql(opened: OpenStore, text: str) -> Callable[[], object]:
    return lambda: opened.analyst.statement(text)


def _at(at: datetime) -> str:
    return f"toDateTime('{at:%Y-%m-%d %H:%M:%S}', 'UTC')"


def _running_clock() -> Callable[[], datetime]:
    """A clock that starts at the end of what was made: what boards keep for a second is read again after it."""
    began = perf_counter()
    return lambda: END + timedelta(seconds=perf_counter() - began)
