"""Programs as they are now: the projection of their events that queries look at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from processors.programs.definitions import dump_programs
from processors.programs.program import Visibility
from processors.programs.states import ProgramState
from storage.connection import Connections
from storage.participants import write_participants

_COLUMNS = (
    "slug", "title", "version", "status", "visibility", "starts", "ends", "campaigns", "merged_into", "definition",
    "names_until",
)  # fmt: skip


class Programs:
    """Written by whoever judges; read by everybody, each query with the visibilities that its reader may see."""

    connections: Connections

    def write_programs(self, states: Sequence[ProgramState]) -> None:
        """Show these states and who takes part, where they are newer than what is shown."""
        shown = dict(self.connections.rows("program_versions")) if states else {}
        newer = [state for state in states if shown.get(state.program.slug, 0) < state.version]
        rows = [_row(state) for state in newer]
        if rows:
            write_participants(self.connections, newer)
            # Last, since it tells that all of them are written.
            self.connections.insert("programs", _COLUMNS, list(zip(*rows, strict=True)))

    def definitions(self, visibilities: Collection[Visibility] = tuple(Visibility)) -> dict[str, tuple[int, str]]:
        """Version and definition (canonical YAML) by slug, of the active programs of these visibilities."""
        rows = self.connections.rows("programs", {"visibilities": tuple(map(str, visibilities))})
        return {slug: (version, definition) for slug, version, definition in rows}

    def definition(self, slug: str, visibilities: Collection[Visibility] = tuple(Visibility)) -> tuple[int, str] | None:
        """Version and definition of one active program; None when there is none of these visibilities."""
        rows = self.connections.rows("program", {"slug": slug, "visibilities": tuple(map(str, visibilities))})
        return rows[0] if rows else None


def _row(state: ProgramState) -> tuple[object, ...]:
    program = state.program
    days = program.hide_names_after_days
    return (
        program.slug,
        program.title,
        state.version,
        str(state.status),
        str(program.visibility),
        int(program.start.timestamp()),
        int(program.end.timestamp()),
        list(program.campaigns),
        state.merged_into or "",
        dump_programs([program]),
        None if days is None else int((program.end + timedelta(days=days)).timestamp()),
    )
