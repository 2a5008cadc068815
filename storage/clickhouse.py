"""The store: facts, projections and positions in ClickHouse, over clickhouse-driver."""

from __future__ import annotations

from copy import copy

from processors.ports.store import ALL_WIKIS, Share
from storage.books import Books
from storage.connection import Connections
from storage.facts import Facts
from storage.forgetting import Forget
from storage.migrating import Migration, migrate
from storage.positions import Positions
from storage.programs import Programs
from storage.retention import Retention
from storage.statistics import Statistics
from storage.target import Target
from storage.views import ensure_views
from storage.why import Why


class ClickHouseStore(Facts, Books, Programs, Positions, Forget, Retention, Why, Statistics):
    """Everything that lasts. Synchronous and safe to share between threads; call it off the event loop.

    Every write may be repeated: what is written twice is kept once, and the newest version of a row counts.
    All methods raise `StoreUnavailable` when the server is away; nothing may be assumed of that call then.
    """

    def __init__(self, target: Target) -> None:
        self.connections = Connections(target)
        self.share = ALL_WIKIS

    def shared(self, share: Share) -> ClickHouseStore:
        """The same store, over the same connections, for whoever judges some wikis only: slices, books and what is
        behind in them are of these wikis alone."""
        other = copy(self)
        other.share = share
        return other

    def migrate(self) -> list[Migration]:
        """Bring the schema up to this version of wikitally; return what was applied.

        Raises:
            InvalidInput: the server is too old, or the store is of a newer wikitally.
        """
        applied = migrate(self.connections)
        ensure_views(self.connections)
        return applied

    def close(self) -> None:
        """Close the idle connections."""
        self.connections.close()

    def table_sizes(self) -> list[tuple[str, int, int]]:
        """(table, rows, bytes on disk), of all shards."""
        found: dict[str, tuple[int, int]] = {}
        for name, rows, size in self.connections.everywhere("counts"):
            before = found.get(name, (0, 0))
            found[name] = before[0] + rows, before[1] + size
        return [(name, rows, size) for name, (rows, size) in sorted(found.items())]
