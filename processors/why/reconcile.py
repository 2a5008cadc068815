"""All that somebody did while a program ran, counted or not, in sums that add up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from processors.facts.facts import Action, ActionKind
from processors.judging.contributions import Contribution
from processors.judging.judge import Verdict
from processors.numbers.numbers import Standing
from processors.programs.program import Participant, Program


@dataclass(frozen=True, slots=True)
class Sum:
    """What one verdict has to do with."""

    verdict: Verdict
    edits: int
    uploads: int
    bytes_added: int
    """Positive differences alone."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A person's actions from the start of the first session to the end of the last one, on all wikis."""

    program: Program
    user: str
    """What they are called now."""
    names: tuple[str, ...]
    """Every name that they had, sorted."""
    participant: Participant | None
    entries: tuple[Contribution, ...]
    """Every action seen, oldest first, in the program's books or not."""
    sums: tuple[Sum, ...]
    """By verdict, counted first; together they are `total`."""
    total: tuple[int, int, int]
    """Edits, uploads and bytes added, of all that was seen."""
    standing: Standing | None = None
    """Their line on the board, with its rank."""
    before: Action | None = None
    """Where nothing was seen meanwhile: the last action before, and the first one after."""
    after: Action | None = None
    nearest: tuple[str, ...] = ()
    """Where nothing was ever seen of them: names most like theirs."""

    @property
    def counted(self) -> Sum:
        """The part that counts."""
        return next((one for one in self.sums if one.verdict is Verdict.COUNTED), Sum(Verdict.COUNTED, 0, 0, 0))


def sums(entries: Iterable[Contribution]) -> tuple[Sum, ...]:
    """What there is of each verdict, in the order of `Verdict`."""
    found: defaultdict[Verdict, list[Contribution]] = defaultdict(list)
    for entry in entries:
        found[entry.verdict].append(entry)
    return tuple(
        Sum(verdict, *totals(found[verdict])) for verdict in Verdict if verdict in found
    )  # fmt: skip


def totals(entries: Iterable[Contribution]) -> tuple[int, int, int]:
    """Edits, uploads and bytes added."""
    entries = list(entries)
    uploads = sum(entry.kind is ActionKind.UPLOAD for entry in entries)
    return len(entries) - uploads, uploads, sum(max(entry.byte_delta or 0, 0) for entry in entries)
