"""Goals: what a program wants to reach, and how far it is."""

from __future__ import annotations

from processors.numbers.numbers import Goal, Totals
from processors.programs.program import Program


def goals(program: Program, totals: Totals) -> tuple[Goal, ...]:
    """The program's goals in the order in which they are written. Each names a number of `totals`."""
    return tuple(Goal(metric, target, getattr(totals, metric)) for metric, target in program.goals)
