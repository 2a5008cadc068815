"""Which categories were listed when, in ClickHouse."""

from __future__ import annotations

from processors.folds.listing import Listing
from processors.judging.contributions import CategoryRef
from storage.connection import Connections
from storage.fact_rows import EPOCH, aware

_COLUMNS = ("wiki", "category", "depth", "pages", "tried_at", "listed_at", "error")


class ClickHouseListings:
    """The table `listings`. Safe to share between threads."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def all(self) -> dict[CategoryRef, Listing]:
        """The last listing of every category that was ever tried."""
        found = {}
        for wiki, category, depth, pages, tried_at, listed_at, error in self._connections.rows("listings"):
            at = aware(listed_at)
            ref = CategoryRef(wiki, category)
            found[ref] = Listing(ref, depth, pages, aware(tried_at), at if at > EPOCH else None, error)
        return found

    def write(self, listing: Listing) -> None:
        """Keep a listing in place of the one before."""
        ref = listing.category
        listed_at = listing.listed_at or EPOCH
        row = (ref.wiki, ref.category, listing.depth, listing.pages, listing.tried_at, listed_at, listing.error)
        self._connections.insert("listings", _COLUMNS, [[value] for value in row])
