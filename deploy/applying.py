"""Programs from their files into the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.clock import now
from processors.definitions import dump_programs, parse_programs
from processors.errors import InvalidInput, InvalidPrograms, Problem
from processors.programs import Program
from storage.clickhouse import ClickHouseStore


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying programs did, by slug."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [("added", self.added), ("changed", self.changed), ("unchanged", self.unchanged)]
        return "; ".join(f"{word}: {', '.join(slugs)}" for word, slugs in parts if slugs) or "no programs"


def read_programs(files: Sequence[Path], known_wikis: Sequence[str] = ()) -> list[Program]:
    """The programs of some files, all valid.

    Raises:
        InvalidPrograms: every error of every file.
        InvalidInput: a file cannot be read.
    """
    programs: list[Program] = []
    problems: list[Problem] = []
    for file in files:
        try:
            programs += parse_programs(_text(file), source=str(file), known_wikis=known_wikis)
        except InvalidPrograms as error:
            problems += error.problems
    slugs = [program.slug for program in programs]
    problems += [
        Problem(slug, "this slug is given to more than one program")
        for slug in sorted({slug for slug in slugs if slugs.count(slug) > 1})
        if len(files) > 1
    ]
    if problems:
        raise InvalidPrograms(problems)
    return programs


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InvalidInput(f"{file}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file}: cannot be read ({error})") from error


def apply_programs(store: ClickHouseStore, programs: Sequence[Program]) -> Applied:
    """Save the programs that are new or differ from what is stored; whoever runs on the store judges by them."""
    known = {slug: definition for slug, (_, definition) in store.definitions().items()}
    definitions = [(program, dump_programs([program])) for program in programs]
    new = [(program, text) for program, text in definitions if known.get(program.slug) != text]
    at = now()
    store.save_programs(new, max(store.newest_version() + 1, int(at.timestamp() * 1_000_000)), at)
    changed = {program.slug for program, _ in new}
    return Applied(
        added=tuple(program.slug for program in programs if program.slug not in known),
        changed=tuple(program.slug for program in programs if program.slug in known.keys() & changed),
        unchanged=tuple(program.slug for program in programs if program.slug not in changed),
    )
