"""The store: facts, projections and positions in ClickHouse, over clickhouse-driver."""

from __future__ import annotations

import logging
from importlib import resources

from clickhouse_migrations.clickhouse_cluster import ClickhouseCluster

from storage.books import Books
from storage.connection import Connections, Target
from storage.facts import Facts
from storage.forgetting import Forget
from storage.positions import Positions
from storage.programs import Programs
from storage.retention import Retention
from storage.statistics import Statistics
from storage.views import ensure_views
from storage.why import Why


class ClickHouseStore(Facts, Books, Programs, Positions, Forget, Retention, Why, Statistics):
    """Everything that lasts. Synchronous and safe to share between threads; call it off the event loop.

    Every write may be repeated: what is written twice is kept once, and the newest version of a row counts.
    All methods raise `StoreUnavailable` when the server is away; nothing may be assumed of that call then.
    """

    def __init__(self, target: Target) -> None:
        self.connections = Connections(target)

    def migrate(self) -> None:
        """Bring the schema up to this version of wikitally; does nothing when it is."""
        target = self.connections.target
        # Its progress is one line per migration that is already applied: nobody's news.
        logging.getLogger().setLevel(logging.WARNING)
        cluster = ClickhouseCluster(
            db_host=target.host,
            db_port=str(target.port),
            db_user=target.user,
            db_password=target.password,
            secure=target.secure,
        )
        with resources.as_file(resources.files("storage").joinpath("migrations")) as folder:
            cluster.migrate(target.database, folder)
        ensure_views(self.connections)

    def close(self) -> None:
        """Close the idle connections."""
        self.connections.close()

    def table_sizes(self) -> list[tuple[str, int, int]]:
        """(table, rows, bytes on disk)."""
        return [(name, rows, size) for name, rows, size in self.connections.rows("counts")]
