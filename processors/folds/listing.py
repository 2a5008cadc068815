"""Listings of categories: which are due, and the facts that they are.

The stream tells of changes only; who has been in a category for years, the wiki has to be asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from processors.facts.facts import Categorized, Direction, UserClass
from processors.judging.contributions import CategoryRef
from processors.programs.program import CategoryScope, Membership, Program, family_matches

EVERY = timedelta(days=1)
"""How long a listing is good for."""
AGAIN_AFTER = timedelta(hours=1)
"""How long after a failure the wiki is asked again."""
LATE = timedelta(days=7)
"""So long after a program's end its categories are still listed."""
FOR_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A category that decides something, with its subcategories."""

    depth: int
    """Levels of subcategories that belong to it."""
    until: datetime
    """Until when who is in it changes anything."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What is known of the last listing of a category and its subcategories."""

    category: CategoryRef
    depth: int
    pages: int
    """Different pages found."""
    tried_at: datetime
    listed_at: datetime | None
    """When it was last read as far as it was to be read."""
    error: str = ""
    """What is missing of it, or why it could not be read the last time."""

    @property
    def failed(self) -> bool:
        """Whether the last attempt was given up."""
        return self.listed_at != self.tried_at


def wanted(programs: Iterable[Program]) -> dict[CategoryRef, Wanted]:
    """The categories that decide something on wikis that their programs track."""
    found: dict[CategoryRef, Wanted] = {}
    for program in programs:
        until = FOR_EVER if program.membership is Membership.NOW else program.end + LATE
        for scope in (*(program.scope or ()), *program.outside):
            if isinstance(scope, CategoryScope) and any(family_matches(one, scope.wiki) for one in program.wikis):
                ref = CategoryRef(scope.wiki, scope.category)
                other = found.get(ref, Wanted(0, until))
                found[ref] = Wanted(max(scope.depth, other.depth), max(until, other.until))
    return found


def due(
    wanted: Mapping[CategoryRef, Wanted], known: Mapping[CategoryRef, Listing], now: datetime
) -> dict[CategoryRef, int]:
    """The categories that are to be listed now, each with its depth."""
    return {ref: one.depth for ref, one in sorted(wanted.items()) if _is_due(one, known.get(ref), now)}


def _is_due(wanted: Wanted, known: Listing | None, now: datetime) -> bool:
    if known is None or (known.depth < wanted.depth and not known.failed):
        return True
    if known.failed:
        return known.tried_at + AGAIN_AFTER <= now
    return known.tried_at + EVERY <= now < wanted.until


def tried(former: Listing | None, listing: Listing) -> Listing:
    """`listing`, and where it was given up, what is still true of the one before."""
    if former is None or not listing.failed or former.depth != listing.depth:
        return listing
    return replace(listing, listed_at=former.listed_at, pages=max(former.pages, listing.pages))


def listed(ref: CategoryRef, pages: Iterable[str], at: datetime) -> list[Categorized]:
    """The facts that these pages, by prefixed title, were in a category."""
    second = at.replace(microsecond=0)
    return [
        Categorized(
            event_id=_event_id(ref, page, second),
            wiki=ref.wiki,
            dbname="",
            occurred_at=second,
            emitted_at=second,
            rcid=None,
            user=None,
            user_class=UserClass.HIDDEN,
            bot=False,
            namespace=14,
            title=ref.category,
            comment="",
            page=page,
            direction=Direction.LISTED,
            rev_id=None,
        )
        for page in pages
    ]


def _event_id(ref: CategoryRef, page: str, at: datetime) -> str:
    """The same for a page and category on one day. Not readable: a user's page may be in a category."""
    told = "\0".join((ref.wiki, ref.category, page, at.date().isoformat()))
    return f"listed/{sha256(told.encode()).hexdigest()[:32]}"
