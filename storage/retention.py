"""Letting go of what is old."""

from __future__ import annotations

from datetime import datetime

from storage.connection import Connections


class Retention:
    """Each returns how many rows went. They are off the disk after `settle`."""

    connections: Connections

    def drop_facts(self, before: datetime) -> int:
        """Drop facts of before a time, and when accounts were made; but what hides authors and summaries stays.

        Of what alerts are made of, what happened to pages of programs stays too.
        """
        count = self._drop("old_facts", int(before.timestamp()))
        self._drop("old_signals", int(before.timestamp()))
        self.connections.everywhere("old_registrations", {"before": int(before.timestamp())})
        return count

    def drop_old_letters(self, before: datetime) -> int:
        """Drop dead letters that came before a time."""
        return self._drop("old_letters", int(before.timestamp()))

    def drop_locks(self, before: datetime) -> int:
        """Drop what leases were before a time."""
        return self._drop("lock_old", int(before.timestamp()))

    def drop_activity(self, before: datetime) -> int:
        """Drop what is kept of minutes before a time about the stream as a whole."""
        return self._drop("old_activity", int(before.timestamp()))

    def drop_ledger(self, before: datetime) -> int:
        """Drop lines of the ledger that were replaced before a time: the books of any later moment stay readable."""
        return self._drop("old_ledger", int(before.timestamp() * 1_000_000))

    def _drop(self, name: str, before: int) -> int:
        ((count,),) = self.connections.rows(f"{name}_count", {"before": before})
        if count:
            self.connections.everywhere(name, {"before": before})
        return int(count)
