"""Why a revision is not in the log: what can be said of one that was never read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from processors.facts.facts import Fact, PageChanged
from processors.facts.words import clause
from processors.programs.program import Program
from processors.why.rule_words import moment, number


class Missing(StrEnum):
    """What kind of not seen it is."""

    NO_SUCH_WIKI = "no_such_wiki"
    """Nothing was ever read of that wiki."""
    UNREPORTED = "unreported"
    """The stream of edits does not tell of revisions like it."""
    BEFORE_FIRST = "before_first"
    """It is older than all that was read of its wiki."""
    NOT_YET_READ = "not_yet_read"
    """It is newer than all that was read of its wiki."""
    IN_GAP = "in_gap"
    """It was made when a stretch of the stream is known to be missing."""
    NOT_IN_LOG = "not_in_log"
    """None of these: it may be a number that was never given, or a revision that came with a move or an import."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The revision before or behind it that was read."""

    rev_id: int
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class MissingStretch:
    """A known gap: made after `since` (None: not known), and not later than `until`."""

    topic: str
    first: int
    last: int
    since: datetime | None
    until: datetime


@dataclass(frozen=True, slots=True)
class Search:
    """What was found where the revision should be."""

    wiki: str
    rev_id: int
    before: Neighbour | None = None
    after: Neighbour | None = None
    gaps: Sequence[MissingStretch] = ()
    """Open ones."""
    change: PageChanged | None = None
    """What another stream says of it."""
    nearby: Sequence[Fact] = ()
    """Log entries between the neighbours."""
    nearest_wiki: str | None = None
    """Of those that were read, the one whose name is most like it."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """The answer `not_seen`, with what is known."""

    program: Program
    wiki: str
    rev_id: int
    missing: Missing
    detail: str


def unseen(program: Program, search: Search) -> Unseen:
    """Say what kind of not seen a revision is."""
    missing, words = _say(search, ZoneInfo(program.timezone), program.timezone)
    return Unseen(program, search.wiki, search.rev_id, missing, words)


def _say(search: Search, timezone: ZoneInfo, zone: str) -> tuple[Missing, str]:
    before, after = search.before, search.after
    if search.change is not None and search.change.kind not in ("create", "edit"):
        return Missing.UNREPORTED, (
            f"It came with a {search.change.kind} of “{search.change.title}” on "
            f"{moment(search.change.occurred_at, timezone)} ({zone}); "
            "the stream of edits does not tell of such revisions."
        )
    if before is None and after is None:
        hint = f" Did you mean {search.nearest_wiki}?" if search.nearest_wiki else ""
        return Missing.NO_SUCH_WIKI, f"Nothing was ever read of {search.wiki}.{hint}"
    if before is None and after is not None:
        return Missing.BEFORE_FIRST, (
            f"It is older than the first revision that was read of {search.wiki}: {after.rev_id}, "
            f"{moment(after.occurred_at, timezone)} ({zone})."
        )
    assert before is not None
    if after is None:
        return Missing.NOT_YET_READ, (
            f"It is newer than the last revision that was read of {search.wiki}: {before.rev_id}, "
            f"{moment(before.occurred_at, timezone)} ({zone})."
        )
    between = f"{moment(before.occurred_at, timezone)} and {moment(after.occurred_at, timezone)} ({zone})"
    gap = next((one for one in search.gaps if _overlaps(one, before, after)), None)
    if gap is not None:
        return Missing.IN_GAP, (
            f"It was made between {between}, where {number(gap.last - gap.first + 1, 'event')} of the stream "
            f"{'is' if gap.first == gap.last else 'are'} missing (offsets {gap.first} to {gap.last} of {gap.topic})."
        )
    words = f"It was not told by the stream: the revisions around it were made between {between}, without a gap."
    if search.nearby:
        return Missing.NOT_IN_LOG, (
            f"{words} It may have come with this: {clause(search.nearby[0])}; "
            "the stream does not tell of revisions that come with a move, an upload or an import."
        )
    return Missing.NOT_IN_LOG, f"{words} The number may never have been given, or belong to an import."


def _overlaps(gap: MissingStretch, before: Neighbour, after: Neighbour) -> bool:
    return (gap.since is None or gap.since <= after.occurred_at) and before.occurred_at <= gap.until
