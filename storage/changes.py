"""What changed in the store since somebody last looked: for those who show what others count."""

from __future__ import annotations

from collections.abc import Collection

from storage.connection import Connections


class ClickHouseChanges:
    """Reads `standings` by version and `program_events` by position. Safe to share between threads."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def newest_version(self) -> int:
        """The highest version among the standings; 0: there are none."""
        ((version,),) = self._connections.rows("standings_version")
        return int(version)

    def last_position(self) -> int:
        """The position of the newest decision; 0: there is none."""
        ((position,),) = self._connections.rows("program_events_last")
        return int(position)

    def books(self, since: int) -> set[tuple[str, int]]:
        """(program, version) of standings with a version above `since`."""
        return set(self._connections.rows("changed_books", {"since": since}))

    def alerts(self, since: int) -> set[tuple[str, str, int]]:
        """(program, alert_id, version) of alerts with new steps and a version above `since`."""
        return set(self._connections.rows("changed_alerts", {"since": since}))

    def decisions(self, after: int) -> list[tuple[str, int, int]]:
        """Of each program about which something was decided behind `after`: slug, its version, its last position."""
        return self._connections.rows("changed_programs", {"after": after})

    def shown(self, slugs: Collection[str]) -> dict[str, int]:
        """The version by which boards show these programs; who is not shown yet is left out."""
        if not slugs:
            return {}
        return dict(self._connections.rows("changed_shown", {"slugs": tuple(slugs)}))
