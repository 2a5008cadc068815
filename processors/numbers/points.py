"""Points: what each rule of a program's `points` counts, and the sum for a participant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

POINT_RULES: dict[str, str] = {
    "edit": "each edit that counts",
    "article_created": "each article created",
    "article_edited": "each article edited, created ones too",
    "upload": "each file uploaded",
    "page_proofread": "each page brought to the status proofread, on Wikisource",
    "page_validated": "each page brought to the status validated, on Wikisource",
    "wikidata_action": "each thing done on Wikidata, such as a statement or a label added",
    "per_1000_bytes": "every 1,000 bytes added, parts of it in proportion",
    "reverted": "each contribution that was reverted",
}
"""What a program may give points for: the rule and what it counts. Points may be negative, to take some away."""


class Counted(Protocol):
    """The numbers that points are given for; a standing has them."""

    @property
    def edits(self) -> int: ...
    @property
    def articles_created(self) -> int: ...
    @property
    def articles_edited(self) -> int: ...
    @property
    def uploads(self) -> int: ...
    @property
    def pages_proofread(self) -> int: ...
    @property
    def pages_validated(self) -> int: ...
    @property
    def wikidata_actions(self) -> int: ...
    @property
    def bytes_added(self) -> int: ...
    @property
    def reverted(self) -> int: ...


def points(program_points: Sequence[tuple[str, float]], standing: Counted) -> float:
    """The points for these numbers by a program's rules, to two decimals."""
    counts = _counts(standing)
    total = sum(value * counts[rule] for rule, value in program_points if value)
    return round(total, 2) + 0.0


def _counts(standing: Counted) -> dict[str, float]:
    return {
        "edit": standing.edits,
        "article_created": standing.articles_created,
        "article_edited": standing.articles_edited,
        "upload": standing.uploads,
        "page_proofread": standing.pages_proofread,
        "page_validated": standing.pages_validated,
        "wikidata_action": standing.wikidata_actions,
        "per_1000_bytes": standing.bytes_added / 1000,
        "reverted": standing.reverted,
    }
