"""A store as it is after weeks: edits, programs and their books, made up inside ClickHouse in the real schema.

The books are written by SQL, as the judge would write them; programs go through their log, standings through the query
that always computes them. The same sizes give the same rows.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from time import sleep
from typing import Any

from bench.progress import shown, step
from deploy.programs.applying import apply_programs
from processors.ports.store import Checkpoint, ProgramLog, Reached
from processors.programs.program import Participant, Program, Session
from processors.programs.states import fold
from storage.clickhouse import ClickHouseStore

START = datetime(2026, 10, 16, tzinfo=UTC)
DAYS = 40
END = START + timedelta(days=DAYS)
BIG = "big"
"""The program with many participants."""
_AT_ONCE = 1_000_000
_PROGRAMS_AT_ONCE = 50
_PARTICIPANTS = (10, 200)
"""How many the other programs have."""
_QUIET_CHECKS = 3
_WORDS = 4096
_SYLLABLES = (
    "an",
    "bel",
    "cor",
    "dan",
    "el",
    "fir",
    "gon",
    "hav",
    "il",
    "jan",
    "kor",
    "lem",
    "mir",
    "nor",
    "os",
    "per",
    "qua",
    "ros",
    "sen",
    "tor",
    "ul",
    "ver",
    "wil",
    "yor",
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is made up."""

    edits: int
    wikis: int = 300
    users: int = 200_000
    pages: int = 2_000_000
    programs: int = 200
    big: int = 500
    """Participants of the program `BIG`."""


def fill(store: ClickHouseStore, log: ProgramLog, sizes: Sizes) -> None:
    """Make everything up in an empty store, and wait until ClickHouse has merged what it wants to merge."""
    for first in shown(f"{sizes.edits:,} edits", range(0, sizes.edits, _AT_ONCE), sizes.edits // _AT_ONCE):
        _run(store, "edits", {**_params(sizes), "first": first, "last": min(first + _AT_ONCE, sizes.edits)})
    _run(store, "accounts", _params(sizes))
    _run(store, "renames", _params(sizes))
    programs = made_programs(sizes)
    with step(f"{len(programs)} programs"):
        _decide(store, log, programs)
    slices = list(range(0, len(programs), _PROGRAMS_AT_ONCE))
    for first in shown("books of the programs", slices, len(slices)):
        _enter(store, programs[first : first + _PROGRAMS_AT_ONCE])
    reached = {("eqiad.mediawiki.recentchange", 0): Reached(6_600_000_000 + 2 * sizes.edits, _ms(END))}
    store.save_checkpoint(Checkpoint("mediawiki.recentchange", reached, END), _ms(END) * 1000)
    with step("merging in the background"):
        wait_for_merges(store)


def made_programs(sizes: Sizes) -> list[Program]:
    """`BIG` and others, all of them over the whole time on all wikis."""
    draw = random.Random(11)
    counts = [sizes.big, *(draw.randint(*_PARTICIPANTS) for _ in range(sizes.programs - 1))]
    named = [number for number in range(sizes.users) if number % 12 != 7]
    return [
        Program(
            slug=f"program-{number}" if number else BIG,
            title=f"Program {number}" if number else "A big program",
            sessions=(Session(START, END),),
            wikis=("*",),
            participants=tuple(Participant(f"Editor {one}") for one in draw.sample(named, min(count, len(named)))),
        )
        for number, count in enumerate(counts)
    ]


def _decide(store: ClickHouseStore, log: ProgramLog, programs: list[Program]) -> None:
    apply_programs(log, programs)
    states = fold(log.read())
    store.write_programs(list(states.values()))
    store.close_books({slug: state.version for slug, state in states.items()})


def _enter(store: ClickHouseStore, programs: list[Program]) -> None:
    params = {"programs": tuple(one.slug for one in programs)}
    _run(store, "ledger", params)
    _run(store, "contributions", params)
    store.finish_standings(_ms(END) * 1000)


def wait_for_merges(store: ClickHouseStore) -> None:
    """Return when no merge has been seen for a while."""
    quiet = 0
    while quiet < _QUIET_CHECKS:
        ((merges,),) = ask(store, "merging")
        quiet = 0 if merges else quiet + 1
        sleep(0.3)


def table_sizes(store: ClickHouseStore) -> Iterator[tuple[str, int, int, int]]:
    """(table, rows, bytes on disk, parts), the largest first."""
    yield from ask(store, "sizes")


def ask(store: ClickHouseStore, name: str) -> list[tuple[Any, ...]]:
    """The rows of `bench/sql/NAME.sql`."""
    return store.connections.statement(_text(name))[0]


def _params(sizes: Sizes) -> dict[str, Any]:
    draw = random.Random(5)
    return {
        "words": ["".join(draw.choices(_SYLLABLES, k=draw.randint(1, 4))) for _ in range(_WORDS)],
        "start": int(START.timestamp()),
        "seconds": DAYS * 86_400,
        "edits": sizes.edits,
        "users": sizes.users,
        "pages": sizes.pages,
        "wikis": sizes.wikis,
        "harmonic": sum(1 / number for number in range(1, sizes.wikis + 1)),
    }


def _run(store: ClickHouseStore, name: str, params: Mapping[str, Any]) -> None:
    store.connections.command(_text(name) % {key: _literal(value) for key, value in params.items()})


def _literal(value: object) -> str:
    return f"({', '.join(map(repr, value))})" if isinstance(value, tuple) else repr(value)


@cache
def _text(name: str) -> str:
    return resources.files("bench").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
