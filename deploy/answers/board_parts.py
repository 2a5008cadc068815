"""Sums out of the store as lines of boards and as parts of statistics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace

from processors.numbers.numbers import By, Division, Standing, Totals
from processors.numbers.points import points
from processors.ports.boards import Part
from processors.programs.program import Program
from storage.statistics import Sum

_SHARED = tuple({one.name for one in fields(Standing)} & {one.name for one in fields(Totals)})
_NOTHING = Totals(0, 0, 0, 0, 0, 0, 0, None)
_NUMERIC = (Division.NAMESPACE, Division.SESSION)
_IN_TIME = (Division.DAY, Division.HOUR)


def line(one: Sum, by: By) -> Standing:
    """The line of a board that a sum by `by` is."""
    name, wiki = one.key
    title, _, user = name.rpartition("|") if by is By.ARTICLE_USER else (name, "", name)
    numbers = {field: getattr(one.totals, field) for field in _SHARED}
    return Standing(
        user=user if by in (By.USER, By.ARTICLE_USER) else "",
        team=name if by is By.TEAM else "",
        wiki=wiki,
        title=title if by in (By.ARTICLE, By.ARTICLE_USER) else "",
        **numbers,
    )


def parts(sums: Iterable[Sum], by: Division, program: Program) -> list[Part]:
    """The parts of statistics in order: of time as it goes, numbers as they count, all else the busiest first.

    Sessions are all there; of other parts those in which something counts.
    """
    found = {"".join(one.key): one.totals for one in sums}
    if by is Division.SESSION:
        found = {str(number): _NOTHING for number in range(1, len(program.sessions) + 1)} | found
    keys = sorted(found)
    if by in _NUMERIC:
        keys.sort(key=int)
    elif by not in _IN_TIME:
        keys.sort(key=lambda key: found[key].edits + found[key].uploads, reverse=True)
    return [
        Part(key, _title(key, by, program), replace(found[key], points=points(program.points, found[key])))
        for key in keys
    ]


def _title(key: str, by: Division, program: Program) -> str:
    if by is Division.SESSION:
        return program.sessions[int(key) - 1].title or f"Session {key}"
    return key
