"""What `wikitally programs` and `wikitally participants` print and leave as it is."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from difflib import unified_diff
from pathlib import Path

from api.program_render import participant_json, state_json, told_json
from deploy.cli.organising import desk, timezone
from deploy.cli.reading import print_json
from deploy.cli.terminal import err, out, result_table
from deploy.programs.applying import read_programs
from deploy.settings import Settings
from processors.errors import InvalidInput
from processors.programs.definitions import dump_programs
from processors.programs.events import ProgramEvent
from processors.programs.history import Told, tell
from processors.programs.names import read_time
from processors.programs.program import Participant, Period, Program
from processors.programs.states import ProgramState, Status, fold
from processors.why.rule_changes import differences
from processors.why.rule_words import number


def check(files: Sequence[Path]) -> None:
    """Say that the files are valid, or every error."""
    for program in (written.program for written in read_programs(files)):
        out.print(
            f"{program.slug}: valid; {_who(program)}; {', '.join(program.wikis)}; "
            f"{program.start:%Y-%m-%d %H:%M} UTC on",
            markup=False,
            soft_wrap=True,
        )


def _who(program: Program) -> str:
    return "open to everyone" if program.open else number(len(program.participants), "participant")


def list_programs(settings: Settings, *, everything: bool, as_json: bool) -> None:
    """Print the programs of the store, the newest start first."""
    with desk(settings) as at:
        states = [one for one in at.commands.states().values() if everything or one.active]
    states.sort(key=lambda one: (one.program.start, one.program.slug), reverse=True)
    if as_json:
        print_json([state_json(one) for one in states])
    elif states:
        columns = ["program", "title", "from", "to (UTC)", "who", "visibility", *(["status"] if everything else [])]
        out.print(result_table(columns, [_row(one, everything) for one in states]))
    else:
        out.print("No programs yet; `wikitally programs apply FILE` adds some.")


def _row(state: ProgramState, everything: bool) -> list[str]:
    program = state.program
    status = f"merged into {state.merged_into}" if state.status is Status.MERGED else str(state.status)
    return [
        program.slug,
        program.title,
        f"{program.start:%Y-%m-%d %H:%M}",
        f"{program.end:%Y-%m-%d %H:%M}",
        _who(program),
        str(program.visibility),
        *([status] if everything else []),
    ]


def show(settings: Settings, slug: str, as_of: str | None) -> None:
    """Print a definition."""
    with desk(settings) as at:
        state = at.commands.state(slug)
        newest = state.version
        if as_of is not None:
            moment = read_time(as_of, timezone(state))
            events = [event for event in at.commands.events(slug) if event.recorded_at <= moment]
            if not events:
                raise InvalidInput(f"{slug}: it was not there at {_time(moment)}; it came {_time(state.created_at)}")
            state = fold(events)[slug]
    if not state.active:
        err.print(f"{slug}: {state.status}", markup=False)
    if state.version != newest:
        err.print(f"As of then. To go back to it, write version {newest} instead of {state.version}, and apply it.")
    sys.stdout.write(dump_programs([state.program], {slug: state.version}))


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def history(settings: Settings, slug: str, *, as_json: bool) -> None:
    """Tell what was decided."""
    with desk(settings) as at:
        at.commands.state(slug)
        told = list(tell(at.commands.events(slug)))
    if as_json:
        print_json([told_json(one) for one in told])
        return
    for one in told:
        for line in _told(one):
            out.print(line, markup=False, soft_wrap=True)


def _told(one: Told) -> Iterator[str]:
    event = one.event
    who = f" by {event.actor}" if event.actor else ""
    yield f"{event.version}  {_time(event.recorded_at)}{who}  {event.event_id}"
    yield from (f"   {sentence}" for sentence in one.sentences)
    if event.reason:
        yield f"   Reason: {event.reason}"


def diff(settings: Settings, slug: str, old: int | None, new: int | None) -> None:
    """Print what is another between two versions."""
    with desk(settings) as at:
        newest = at.commands.state(slug).version
        events = at.commands.events(slug)
    last = newest if new is None else new
    first = last - 1 if old is None else old
    for version in (first, last):
        if version > newest:
            raise InvalidInput(f"{slug}: there is no version {version}; {newest} is the newest")
    before, after = _at(events, first), _at(events, last)
    names = f"{slug} version {first}", f"{slug} version {last}"
    sys.stdout.writelines(unified_diff(_lines(before), _lines(after), *names))
    if before is not None and after is not None:
        for sentence in differences(before, after) or ["Nothing of the definition is another."]:
            out.print(sentence, markup=False, soft_wrap=True)


def _lines(program: Program | None) -> list[str]:
    return [] if program is None else dump_programs([program]).splitlines(keepends=True)


def _at(events: Sequence[ProgramEvent], version: int) -> Program | None:
    """The program after so many of its events."""
    states = fold(event for event in events if event.version <= version)
    return next((state.program for state in states.values()), None)


def list_participants(settings: Settings, slug: str, *, as_json: bool) -> None:
    """Print who takes part."""
    with desk(settings) as at:
        program = at.commands.state(slug).program
    if as_json:
        print_json([participant_json(one) for one in program.participants])
    elif program.participants:
        columns = ["user", "team", "takes part (UTC)", "name", "pages"]
        out.print(result_table(columns, [_participant(one) for one in program.participants]))
    else:
        out.print(f"{slug}: {'everyone counts; ' if program.open else ''}nobody is enrolled.", markup=False)


def _participant(one: Participant) -> list[str]:
    when = "; ".join(map(_period, one.periods)) or "has left"
    return [one.user, one.team, when, "hidden" if one.hidden else "", ", ".join(page.title for page in one.pages)]


def _period(one: Period) -> str:
    since = f"from {_time(one.since)}" if one.since else ""
    until = f"until {_time(one.until)}" if one.until else ""
    return f"{since} {until}".strip() or "all the time"
