"""Who judges which partition of the log: fencing, so that a worker that was taken for dead notices it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from storage.connection import Connections


class Owners:
    """The table `owners`. Whoever took a partition last has it; by the server's clock, not by the worker's."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def now(self) -> datetime:
        """The server's clock. Workers on several machines count their versions by it."""
        ((microseconds,),) = self._connections.rows("server_now")
        return datetime.fromtimestamp(microseconds / 1_000_000, UTC)

    def take(self, topic: str, partitions: Collection[int], holder: str) -> None:
        """Have these partitions from now on; durable on return."""
        if partitions:
            rows = [(topic, partition, holder) for partition in partitions]
            self._connections.insert("owners", ("topic", "partition", "holder"), list(zip(*rows, strict=True)))

    def holders(self, topic: str) -> dict[int, str]:
        """By partition, who took it last."""
        return dict(self._connections.rows("owners_of", {"topic": topic}))

    def lost(self, topic: str, partitions: Collection[int], holder: str) -> frozenset[int]:
        """Those of the partitions that somebody else has taken since."""
        owners = self.holders(topic)
        return frozenset(one for one in partitions if owners.get(one) != holder)
