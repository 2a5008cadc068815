"""How the command line decides about programs: ask first where it is due, decide, wait for the books, say so."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from getpass import getuser
from zoneinfo import ZoneInfo

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from api.program_render import carried_json
from deploy.cli.preview_text import preview_lines
from deploy.cli.reading import opened_store, print_json
from deploy.cli.terminal import err, out
from deploy.clock import now
from deploy.counting.worker import Worker
from deploy.opening import OpenStore
from deploy.programs.commands import Commands, unless_changed
from deploy.programs.previewing import Step
from deploy.settings import Settings
from ingest.tracking import PositionTracker
from processors.errors import InvalidInput
from processors.judging.preview import Preview
from processors.metrics import NoMetrics
from processors.ports.programs import Carried
from processors.programs.commands import Command
from processors.programs.history import sentence
from processors.programs.program import Program
from processors.programs.states import ProgramState
from processors.why.rule_words import number

LONGEST_WAIT = 10.0
"""Seconds that a command waits for whoever runs on the store."""
MOST_LINES = 20
"""Receipts that are printed for people; `--json` has them all."""


def actor(by: str | None) -> str:
    """Who decides: as given, or else whoever is logged in."""
    if by is not None:
        return by
    try:
        return getuser()
    except (KeyError, OSError):
        return ""


def timezone(state: ProgramState) -> ZoneInfo:
    """Of times without an offset that concern the program."""
    return ZoneInfo(state.program.timezone)


@dataclass(frozen=True, slots=True)
class Desk:
    """An open store, for a command that decides."""

    opened: OpenStore
    commands: Commands

    def preview(self, program: Program) -> Preview:
        """Preview with progress."""
        with _progress() as progress:
            task = progress.add_task(f"Trying {program.slug}", total=None)

            def show(step: Step) -> None:
                progress.update(task, completed=step.done, total=step.total)

            return self.commands.preview(program, show)

    def behind(self) -> bool:
        """Whether something was decided that the books do not know yet."""
        states = self.commands.states()
        return not self.commands.taken_up(states, list(states))

    def settle(self, carried: Carried) -> str:
        """See to it that the books know what was decided; say how far that came."""
        slugs = list({event.program for event in carried.events})
        if self.opened.owned:
            self.catch_up()
            return "The books are up to date with it."
        deadline = time.monotonic() + LONGEST_WAIT
        with err.status("Waiting for whoever runs on this store ..."):
            while not self.commands.taken_up(carried.states, slugs):
                if time.monotonic() > deadline:
                    return "It is decided; whoever runs on this store is still judging, or takes it up when it runs."
                time.sleep(0.1)
        return "Whoever runs on this store has taken it up."

    def catch_up(self) -> None:
        """Judge what is left to judge: for when nobody else does."""
        opened = self.opened
        worker = Worker(opened.store, opened.log, PositionTracker("", None), metrics=NoMetrics(), clock=now)
        with _progress() as progress:
            task = progress.add_task("Judging what was already read", total=None)
            worker.load()
            while worker.work():
                done = worker.progress
                progress.update(task, completed=done.done, total=done.done + done.left)


def _progress() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=err, transient=True)


@contextmanager
def desk(settings: Settings, *, create: bool = False) -> Iterator[Desk]:
    """Open the store for a command that decides or looks decisions up."""
    with opened_store(settings, create=create) as opened:
        yield Desk(opened, Commands(opened.store, opened.log, now))


def carry_out(
    settings: Settings,
    ask: Callable[[Commands], Sequence[Command]],
    *,
    by: str | None,
    as_json: bool,
    create: bool = False,
) -> None:
    """Decide what `ask` asks for, and print the receipts."""
    with desk(settings, create=create) as at:
        carried = at.commands.carry_out(ask(at.commands), actor=actor(by))
        report(at, carried, as_json=as_json)


def report(at: Desk, carried: Carried, *, as_json: bool, first: str = "") -> None:
    """Print what was decided, once the books know it."""
    settled = at.settle(carried) if carried.events else ""
    if as_json:
        slugs = [event.program for event in carried.events]
        print_json({**carried_json(carried, slugs), "books": settled})
        return
    lines = [
        f"{event.program}: {sentence(event.change)} (version {event.version}, event {event.event_id})"
        for event in carried.events
    ]
    if len(lines) > MOST_LINES + 1:
        lines[MOST_LINES:] = [f"and {len(lines) - MOST_LINES:,} more decisions; --json prints all receipts"]
    if not lines and not first:
        lines = ["It is so already; nothing was decided."]
    for line in [first, *lines, settled]:
        if line:
            out.print(line, markup=False, soft_wrap=True)


def confirm(previews: Sequence[Preview], *, yes: bool) -> None:
    """Show what would change, and ask where contributions go.

    Raises:
        InvalidInput: nobody is there to be asked.
        typer.Abort: the answer is no.
    """
    for one in previews:
        for line in preview_lines(one):
            err.print(line, markup=False, soft_wrap=True)
    due = [line for one in previews for line in _to_be_meant(one)]
    if due:
        agree("; ".join(due), yes=yes)


def _to_be_meant(preview: Preview) -> Iterator[str]:
    gone = preview.minus.amounts
    if gone:
        uploads = f" and {number(gone.uploads, 'upload')}" if gone.uploads else ""
        yield f"{preview.program}: {number(gone.edits, 'edit')}{uploads} would count no more"
    yield from (f"{preview.program}: {warning}" for warning in preview.warnings)


def agree(what: str, *, yes: bool) -> None:
    """Ask whether it is meant; else as `confirm`."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise InvalidInput(f"{what}; nothing was applied. Say --yes if it is meant")
    if not typer.confirm(f"{what}. Is it meant?", err=True):
        raise typer.Abort


def apply(at: Desk, commands: Sequence[Command], *, by: str | None, yes: bool) -> Carried:
    """Decide about definitions, once everybody knows what that does to what counts."""
    seen = at.commands.states()
    would = at.commands.would_change(commands)
    slugs = list({event.program: None for event in would.events})
    if at.opened.owned and any(slug in seen for slug in slugs) and at.behind():
        at.catch_up()
    previews = [
        at.preview(would.states[slug].program) if slug in seen else at.commands.first_look(would.states[slug].program)
        for slug in slugs
    ]
    confirm([one for one in previews if one.program in seen or one.warnings], yes=yes)
    return at.commands.carry_out(commands, actor=actor(by), allowed=unless_changed(seen, slugs))
