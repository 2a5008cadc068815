"""New editors: who of those that take part has an account made shortly before the program, or during it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from processors.folds.people import People
from processors.programs.program import Program


class Registration(NamedTuple):
    """That an account of this name was made then; at `seen_at` it still had that name."""

    user: str
    registered_at: datetime
    seen_at: datetime


def registered_within(program: Program) -> tuple[datetime, datetime]:
    """Accounts made in this stretch `[from, to)` are new."""
    return program.start - timedelta(days=program.new_editor_days), program.end


def newcomers(registrations: Iterable[Registration], program: Program, people: People) -> frozenset[str]:
    """The new accounts, by the names of now."""
    since, until = registered_within(program)
    return frozenset(
        people.current(one.user, one.seen_at) for one in registrations if since <= one.registered_at < until
    )
