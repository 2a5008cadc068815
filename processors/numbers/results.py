"""Frozen results: numbers of a moment as text that does not change, and what has changed since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from hashlib import sha256

from pydantic import TypeAdapter, ValidationError

from processors.errors import InvalidInput
from processors.numbers.numbers import Metric, Standing, Totals
from processors.ports.boards import Difference


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All standings of a program at a moment, under real names."""

    program: str
    name: str
    as_of: datetime
    version: int
    """Of the program that they were judged by."""
    metric: Metric
    standings: tuple[Standing, ...]
    totals: Totals


@cache
def _adapter() -> TypeAdapter[Snapshot]:
    return TypeAdapter(Snapshot)


def seal(snapshot: Snapshot) -> str:
    """The snapshot as JSON; the same snapshot is the same text."""
    return _adapter().dump_json(snapshot).decode()


def unseal(text: str) -> Snapshot:
    """The snapshot of a text.

    Raises:
        InvalidInput: it is none.
    """
    try:
        return _adapter().validate_json(text)
    except ValidationError as error:
        raise InvalidInput(f"a stored result cannot be read: {error.errors()[0]['msg']}") from error


def digest(text: str) -> str:
    """SHA-256, hexadecimal."""
    return sha256(text.encode()).hexdigest()


def compare(then: Iterable[Standing], now: Iterable[Standing], names: Mapping[str, str]) -> list[Difference]:
    """Whose numbers are others now, in the order of the result; who is new comes last.

    Args:
        names: what those are called now who were renamed since.
    """
    left = {one.user: one for one in now}
    differences = []
    for before in then:
        after = left.pop(names.get(before.user, before.user), None)
        if after is None or _numbers(before) != _numbers(after):
            differences.append(Difference(before, after))
    return differences + [Difference(None, one) for one in left.values()]


def _numbers(one: Standing) -> Standing:
    return replace(one, user="", team="", rank=0, hidden=False)
