"""Programs from their files into the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from deploy.clock import now
from processors.errors import InvalidInput, InvalidPrograms, Problem
from processors.ports.store import ProgramLog
from processors.programs.commands import Apply
from processors.programs.commits import commit, draft
from processors.programs.definitions import Written, parse_documents
from processors.programs.program import Program


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying programs did, by slug."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [("added", self.added), ("changed", self.changed), ("unchanged", self.unchanged)]
        return "; ".join(f"{word}: {', '.join(slugs)}" for word, slugs in parts if slugs) or "no programs"


def read_programs(files: Sequence[Path], known_wikis: Sequence[str] = ()) -> list[Written]:
    """The programs of some files, all valid.

    Raises:
        InvalidPrograms: every error of every file.
        InvalidInput: a file cannot be read.
    """
    programs: list[Written] = []
    problems: list[Problem] = []
    for file in files:
        try:
            programs += parse_documents(read_text(file), source=str(file), known_wikis=known_wikis)
        except InvalidPrograms as error:
            problems += error.problems
    slugs = [written.program.slug for written in programs]
    problems += [
        Problem(slug, "this slug is given to more than one program")
        for slug in sorted({slug for slug in slugs if slugs.count(slug) > 1})
        if len(files) > 1
    ]
    if problems:
        raise InvalidPrograms(problems)
    return programs


def read_text(file: Path) -> str:
    """What a file holds.

    Raises:
        InvalidInput: it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InvalidInput(f"{file}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file}: cannot be read ({error})") from error


def apply_programs(
    log: ProgramLog, programs: Sequence[Program | Written], *, actor: str = "", reason: str = ""
) -> Applied:
    """Decide that the programs are as they are written; whoever runs on the store judges by them from then on.

    Raises:
        InvalidInput: one of them cannot be; nothing was applied.
        StoreUnavailable: they may have been applied, or not; applying them again does no harm.
    """
    written = [one if isinstance(one, Written) else Written(one) for one in programs]
    commands = [Apply(one.program, one.version, reason) for one in written]
    committed = commit(log, lambda states: draft(states, commands, at=now(), actor=actor, new_id=_new_id))
    added = {event.program for event in committed.events if event.version == 1}
    changed = {event.program for event in committed.events} - added
    slugs = [one.program.slug for one in written]
    return Applied(
        added=tuple(slug for slug in slugs if slug in added),
        changed=tuple(slug for slug in slugs if slug in changed),
        unchanged=tuple(slug for slug in slugs if slug not in added | changed),
    )


def _new_id() -> str:
    return str(uuid4())
