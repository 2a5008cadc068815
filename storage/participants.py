"""Who takes part in programs: the projection of their events that views for analysts look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from processors.privacy.pseudonyms import Roster, masks
from processors.programs.events import NewEvent, decode_change
from processors.programs.program import Participant
from processors.programs.states import ProgramState
from storage.connection import Connections
from storage.fact_rewriting import chunks
from storage.fact_rows import aware

_COLUMNS = ("program", "user", "team", "member", "hidden", "pseudonym", "since", "until", "version", "gone")
_PROGRAMS_AT_ONCE = 100

_Row = tuple[str, str, str, bool, bool, str, datetime | None, datetime | None]


def write_participants(connections: Connections, states: Sequence[ProgramState]) -> None:
    """Write what differs from what is shown. Repeat it when it fails."""
    for some in chunks(states, _PROGRAMS_AT_ONCE):
        slugs = tuple(state.program.slug for state in some)
        shown = {_shown(*row) for row in connections.rows("participants_shown", {"programs": slugs})}
        versions = {state.program.slug: state.version for state in some}
        rosters = _rosters(connections, some)
        wanted = {row for state in some for row in _rows(state, rosters.get(state.program.slug))}
        keys = {row[:2] for row in wanted}
        gone = [(*row, versions[row[0]], 1) for row in shown if row[:2] not in keys]
        rows = [(*row, versions[row[0]], 0) for row in wanted - shown] + gone
        if rows:
            connections.insert("participants", _COLUMNS, list(zip(*rows, strict=True)))


def _shown(
    program: str, user: str, team: str, member: bool, hidden: bool, pseudonym: str,
    since: datetime | None, until: datetime | None,
) -> _Row:  # fmt: skip
    return program, user, team, member, hidden, pseudonym, since and aware(since), until and aware(until)


def _rosters(connections: Connections, states: Sequence[ProgramState]) -> dict[str, Roster]:
    """Of the programs in which anybody's name is, was or will be hidden."""
    slugs = tuple(state.program.slug for state in states)
    hiding = {slug for (slug,) in connections.rows("programs_hiding", {"programs": slugs})}
    hiding |= {state.program.slug for state in states if state.program.hide_names_after_days is not None}
    if not hiding:
        return {}
    events: defaultdict[str, list[NewEvent]] = defaultdict(list)
    for row in connections.records("program_events_of", {"programs": tuple(hiding)}):
        change = decode_change(row.pop("kind"), row.pop("payload"))
        event = NewEvent(**row | {"recorded_at": aware(row["recorded_at"])}, change=change)
        events[event.program].append(event)
    return {program: Roster().after(some) for program, some in events.items()}


def _rows(state: ProgramState, roster: Roster | None) -> Iterator[_Row]:
    program = state.program
    hidden = (roster or Roster()).hidden(program) | {one.user for one in program.participants if one.hidden}
    places = list(dict.fromkeys([*(roster.enrolled if roster else ()), *(one.user for one in program.participants)]))
    pseudonyms = masks([(places, places)]).names if roster or hidden else {}
    members = {one.user: one for one in program.participants}
    for user in [*members, *sorted(hidden - members.keys())]:
        since, until = _period(members.get(user))
        yield (
            program.slug,
            user,
            members[user].team if user in members else "",
            user in members and bool(members[user].periods),
            user in hidden,
            pseudonyms.get(user, ""),
            since,
            until,
        )


def _period(one: Participant | None) -> tuple[datetime | None, datetime | None]:
    """Start of the first membership and end of the last, in whole seconds."""
    if one is None or not one.periods:
        return None, None
    since, until = one.periods[0].since, one.periods[-1].until
    return since and since.replace(microsecond=0), until and until.replace(microsecond=0)
