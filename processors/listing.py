"""Listings of categories: which are due, and the facts that they are.

The stream tells of changes only; who has been in a category for years, the wiki has to be asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from processors.contributions import CategoryRef
from processors.facts import Categorized, Direction, UserClass
from processors.programs import CategoryScope, Program, family_matches

EVERY = timedelta(days=1)
"""How long a listing is good for."""
AGAIN_AFTER = timedelta(hours=1)
"""How long after a failure the wiki is asked again."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What is known of a category tree's last listing."""

    category: CategoryRef
    depth: int
    """Levels of subcategories that belong to it."""
    pages: int
    """Different pages found."""
    tried_at: datetime
    listed_at: datetime | None
    """When it was last read to its end."""
    error: str = ""
    """Why it was not, the last time it was tried."""


def trees(programs: Iterable[Program]) -> dict[CategoryRef, int]:
    """The categories that decide something on wikis that their programs track, each with its greatest depth."""
    found: dict[CategoryRef, int] = {}
    for program in programs:
        for scope in (*(program.scope or ()), *program.outside):
            if isinstance(scope, CategoryScope) and any(family_matches(one, scope.wiki) for one in program.wikis):
                ref = CategoryRef(scope.wiki, scope.category)
                found[ref] = max(scope.depth, found.get(ref, 0))
    return found


def due(wanted: Mapping[CategoryRef, int], known: Mapping[CategoryRef, Listing], now: datetime) -> list[CategoryRef]:
    """The categories that are to be listed now: never listed, not so deep, or too long ago."""
    return sorted(ref for ref, depth in wanted.items() if _is_due(depth, known.get(ref), now))


def _is_due(depth: int, known: Listing | None, now: datetime) -> bool:
    if known is None or known.depth < depth:
        return True
    return known.tried_at + (AGAIN_AFTER if known.error else EVERY) <= now


def tried(former: Listing | None, listing: Listing) -> Listing:
    """`listing`, which may have failed, with what is still true of the one before it."""
    if former is None or not listing.error or former.depth != listing.depth:
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
