"""The ledger as people read it: what became of an action's verdict, when, and what brought it about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from processors.facts.facts import ActionKind, Fact
from processors.facts.words import clause
from processors.judging.ledger import Change
from processors.programs.sentences import WORDS


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A change of the books, and when it was made."""

    at: datetime
    change: Change


@dataclass(frozen=True, slots=True)
class Decided:
    """Who decided something about a program, and why; not what it said of whom."""

    event_id: str
    kind: str
    """As in `program_events.KINDS`."""
    actor: str
    reason: str
    version: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class ToldLine:
    """A line with its cause in words."""

    line: LedgerLine
    cause: str
    caused_at: datetime | None
    """When that happened or was decided; None where the log does not tell."""


def told(line: LedgerLine, facts: Mapping[str, Fact], decisions: Mapping[str, Decided]) -> ToldLine:
    """Put a line's cause into words, given the facts and decisions by id."""
    kind, id_ = line.change.cause
    entry = line.change.entry
    if id_ in decisions:
        one = decisions[id_]
        return ToldLine(line, _decision(one), one.recorded_at)
    if id_ in facts and kind != "upload/upload":
        fact = facts[id_]
        return ToldLine(line, clause(fact), fact.occurred_at)
    if kind in ("edit", "upload/upload"):
        what = "upload" if entry.kind is ActionKind.UPLOAD else "edit"
        return ToldLine(line, f"the {what} itself was read", entry.occurred_at)
    return ToldLine(line, _OTHERS.get(kind, kind), None)


_OTHERS = {
    "namespace": "the name of a namespace was learned",
    "restart": "found when wikitally was started again",
}


def _decision(one: Decided) -> str:
    words = f"{WORDS.get(one.kind, one.kind)} by {one.actor or 'somebody'} (version {one.version})"
    return f"{words}: {one.reason}" if one.reason else words
