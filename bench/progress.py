"""How far a long step is, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")
_EVERY_SECONDS = 10.0
"""Where stderr is no terminal."""


def shown(what: str, items: Iterable[T], total: int) -> Iterator[T]:
    """Yield the items, and say how many of `total` are done."""
    started = said = perf_counter()
    for done, item in enumerate(items):
        if sys.stderr.isatty() or not done or perf_counter() - said >= _EVERY_SECONDS:
            said = perf_counter()
            _say(f"{what}: {done:,} of {total:,}, {said - started:.0f} s")
        yield item
    _say(f"{what}: done, {perf_counter() - started:.0f} s", last=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say that something has begun, and how long it took."""
    started = perf_counter()
    _say(f"{what} …")
    yield
    _say(f"{what}: done, {perf_counter() - started:.0f} s", last=True)


def _say(text: str, *, last: bool = False) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}" + ("\n" if last else ""))
    else:
        sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
