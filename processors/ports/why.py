"""What everybody may ask about why something counts or not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from processors.judging.ledger_words import ToldLine
from processors.ports.boards import Freshness
from processors.programs.program import Program, Visibility
from processors.why.explain import Explanation
from processors.why.reconcile import Reconciliation
from processors.why.unseen import Unseen

_Answer = TypeVar("_Answer", covariant=True)


@dataclass(frozen=True, slots=True)
class Fresh(Generic[_Answer]):
    """An answer and how fresh it is."""

    answer: _Answer
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class Untold:
    """There is an answer or not: it is not for everybody."""

    detail: str


@dataclass(frozen=True, slots=True)
class Sentences:
    """What is said of a program: its rules, or why it is quiet."""

    program: Program
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """The newest lines of a program's ledger, newest first."""

    program: Program
    lines: tuple[ToldLine, ...]


class Reasons(Protocol):
    """Answers; None where there is no program of that slug that may be seen: a public or unlisted one, as a rule.

    Every method raises `StoreUnavailable` when ClickHouse is away, and `InvalidInput` for a wiki that is none.
    """

    def to(self, visibilities: Collection[Visibility]) -> Reasons:
        """The same for a reader who may see a program of any of these visibilities."""
        ...

    async def rules(self, slug: str) -> Fresh[Sentences] | None:
        """What counts, in sentences."""
        ...

    async def revision(self, slug: str, wiki: str, rev_id: int) -> Fresh[Explanation | Unseen | Untold] | None:
        """Why an edit counts or not."""
        ...

    async def participant(self, slug: str, user: str) -> Fresh[Reconciliation | Untold] | None:
        """All that somebody did while the program ran, in sums that add up."""
        ...

    async def quiet(self, slug: str) -> Fresh[Sentences] | None:
        """Why there is little or nothing on the board."""
        ...

    async def ledger(
        self, slug: str, most: int, user: str = "", revision: tuple[str, int] | None = None
    ) -> Fresh[LedgerPage | Untold] | None:
        """The newest changes of the books; without lines of those who hide their names."""
        ...
