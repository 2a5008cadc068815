"""The log of program events in ClickHouse: appended by compare-and-swap, without transactions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from processors.errors import Conflict, StoreUnavailable
from processors.programs.events import NewEvent, ProgramEvent, decode_change, encode_change, kind_of
from storage.connection import Connections
from storage.fact_rewriting import chunks
from storage.fact_rows import aware

COLUMNS = ("position", "program", "version", "kind", "payload", "actor", "reason", "event_id", "recorded_at")
_ATTEMPTS = 5
_REWRITTEN_AT_ONCE = 20


class ClickHouseProgramLog:
    """A `ProgramLog` in the table `program_events`. Safe to share between threads and processes.

    Every append behind the same position carries the same deduplication token, and the server stores the first
    and drops the others under the table's lock. So after an insert it is settled whose event stands there. Only
    when the server died (or its disk was full) while it stored, the token can be used up with nothing behind
    it: then the next attempt takes the next token. An insert that is answered by silence may still be
    stored later; it can do no more harm than one that was stored at once.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def append(self, events: Sequence[NewEvent], *, after: int) -> Sequence[ProgramEvent]:
        """As `ProgramLog.append`."""
        if not events:
            return []
        placed = [event.at(position) for position, event in enumerate(events, start=after + 1)]
        # The token keeps simultaneous appends apart; this, one that slept until its token was forgotten.
        if self.last_position() != after:
            raise _conflict(after)
        if append_behind(self._connections, list(map(_row, placed)), after) != placed[0].event_id:
            raise _conflict(after)
        return placed

    def read(self, after: int = 0) -> Sequence[ProgramEvent]:
        """As `ProgramLog.read`."""
        return [_event(*row) for row in self._connections.rows("program_events", {"after": after})]

    def last_position(self) -> int:
        """As `ProgramLog.last_position`."""
        ((position,),) = self._connections.rows("program_events_last")
        return int(position)


def append_behind(connections: Connections, rows: Sequence[Sequence[Any]], after: int) -> str:
    """Insert rows of the log behind a position; return whose event stands there: it may be somebody else's.

    One insert is one part; its token is the one that whoever else decides there uses.

    Args:
        rows: in the order of `COLUMNS`.

    Raises:
        StoreUnavailable: the server takes nothing there.
    """
    columns = list(zip(*rows, strict=True))
    for attempt in range(_ATTEMPTS):
        settings = {"insert_deduplicate": 1, "insert_deduplication_token": f"after:{after}:{attempt}"}
        connections.insert("program_events", COLUMNS, columns, settings)
        if standing := connections.rows("program_events_at", {"position": after + 1}):
            return str(standing[0][0])
    raise StoreUnavailable(f"ClickHouse takes no program event behind position {after}")


def rewrite_texts(connections: Connections, texts: Sequence[tuple[str, str, str, str]]) -> None:
    """Let stored events, each by its id, have another payload, actor and reason."""
    for some in chunks(texts, _REWRITTEN_AT_ONCE):
        names = ("ids", "payloads", "actors", "reasons")
        params = dict(zip(names, map(list, zip(*some, strict=True)), strict=True))
        connections.everywhere("program_events_rewrite", params)


def _conflict(after: int) -> Conflict:
    return Conflict(f"something else was decided behind position {after}")


def _row(event: ProgramEvent) -> tuple[Any, ...]:
    return (
        event.position,
        event.program,
        event.version,
        kind_of(event.change),
        encode_change(event.change),
        event.actor,
        event.reason,
        event.event_id,
        event.recorded_at,
    )


def _event(
    position: int,
    program: str,
    version: int,
    kind: str,
    payload: str,
    actor: str,
    reason: str,
    event_id: str,
    recorded_at: datetime,
) -> ProgramEvent:
    return ProgramEvent(
        event_id=event_id,
        position=position,
        program=program,
        version=version,
        recorded_at=aware(recorded_at),
        actor=actor,
        reason=reason,
        change=decode_change(kind, payload),
    )
