"""Programs as organisers write them: YAML to `Program` and back. Every key: `docs/programs.md`.

A file holds one program per YAML document. The least that one needs:

    slug: saturday
    start: 2026-11-08T14:00
    end: 2026-11-08T17:00
    wiki: enwiki
    participants: [Ada B., Chén Xiǎomíng]
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from processors.errors import InvalidPrograms, Problem
from processors.facts.wikis import nearest
from processors.programs.definition_build import build_program
from processors.programs.definition_checks import Found, contradictions
from processors.programs.definition_dump import written_program
from processors.programs.definition_shape import ProgramShape, keys_at
from processors.programs.definition_text import Document, Place, UnreadableText, read_documents, write_documents
from processors.programs.definition_values import Given, zone
from processors.programs.program import Program


@dataclass(frozen=True, slots=True)
class Written:
    """A program as a text has it."""

    program: Program
    version: int | None = None
    """The stored program's version that the text was made from, if it says so."""


def parse_programs(text: str, *, source: str, known_wikis: Collection[str] = ()) -> list[Program]:
    """Return the programs of a text, in its order.

    Args:
        source: what to call the text in errors: its file.
        known_wikis: server names that are right although no rule gives them.

    Raises:
        InvalidPrograms: every broken rule, as `source: slug: path`.
    """
    return [one.program for one in parse_documents(text, source=source, known_wikis=known_wikis)]


def parse_documents(text: str, *, source: str, known_wikis: Collection[str] = ()) -> list[Written]:
    """Return the programs of a text with the versions they were made from; else as `parse_programs`."""
    try:
        documents = read_documents(text)
    except UnreadableText as error:
        raise InvalidPrograms([Problem(source, f"{error} (line {error.line})")]) from error
    programs: list[Written] = []
    problems: list[Problem] = []
    slugs: dict[str, int] = {}
    for number, document in enumerate(documents, start=1):
        one, found = _read(document, known_wikis)
        if one is not None:
            slug = one.program.slug
            if slug in slugs:
                found = [*found, (("slug",), f"the program in line {slugs[slug]} has this slug already")]
            slugs.setdefault(slug, document.line(("slug",)))
            programs.append(one)
        name = _name(document, number)
        problems += [
            Problem(f"{source}: {name}{_path(place)}", f"{message} (line {document.line(place)})")
            for place, message in sorted(found, key=lambda one: document.line(one[0]))
        ]
    if problems:
        raise InvalidPrograms(problems)
    return programs


def _name(document: Document, number: int) -> str:
    slug = document.value.get("slug") if isinstance(document.value, dict) else None
    return slug if isinstance(slug, str) and slug else f"program {number}"


def _path(place: Place) -> str:
    """`: sessions[0].end`; nothing for the program itself."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return f": {path.removeprefix('.')}" if path else ""


def _read(document: Document, known_wikis: Collection[str]) -> tuple[Written | None, list[Found]]:
    found = list(document.problems)
    value = document.value
    if not isinstance(value, dict):
        return None, [*found, ((), "a program is a mapping with slug, sessions, wikis and participants")]
    try:
        timezone = zone(str(value.get("timezone") or "UTC"))
    except ValueError:
        timezone = ZoneInfo("UTC")
    try:
        shape = ProgramShape.model_validate(value, context=Given(timezone, known_wikis))
    except ValidationError as error:
        return None, [*found, *_broken(error)]
    return Written(build_program(shape), shape.version), [*found, *contradictions(shape, value)]


def _broken(error: ValidationError) -> Iterator[Found]:
    for one in error.errors(include_url=False):
        place = tuple(part for part in one["loc"] if part != "[key]")
        match one["type"]:
            case "missing":
                yield place, "is missing"
            case "extra_forbidden":
                allowed = keys_at(place[:-1])
                close = nearest(str(place[-1]), allowed)
                hint = f"did you mean {close}?" if close else f"there are {', '.join(allowed)}"
                yield place, f"unknown key; {hint}"
            case _ if one["input"] is None and place[:1] == ("hashtags",):
                yield place, "is empty: a # begins a comment here; write the hashtag without it, or in quotes"
            case _ if one["input"] is None:
                yield place, "is empty; give it a value or remove the key"
            case "value_error":
                yield place, str(one["ctx"]["error"])
            case _:
                yield place, one["msg"].replace("Input should be", "should be")


def dump_programs(programs: Sequence[Program], versions: Mapping[str, int] | None = None) -> str:
    """Write programs so that `parse_programs` returns them again; what is as usual is left out.

    Args:
        versions: by slug, the versions that `parse_documents` is to return with them.
    """
    versions = versions or {}
    return write_documents([written_program(program, versions.get(program.slug)) for program in programs])
