"""Programs as organisers write them: YAML to `Program` and back.

A file holds one program per YAML document. The least that one needs:

    slug: saturday
    start: 2026-11-08T14:00
    end: 2026-11-08T17:00
    wiki: enwiki
    participants: [Ada B., Chén Xiǎomíng]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from processors.definition_shape import Given, ProgramShape, ScopeShape, keys_at, zone
from processors.definition_text import Document, Place, UnreadableText, read_documents, write_documents
from processors.errors import InvalidPrograms, Problem
from processors.programs import (
    CategoryScope,
    Exclusions,
    Membership,
    Participant,
    PrefixScope,
    Program,
    Scope,
    Session,
    Side,
    TitlesScope,
    Visibility,
    family_matches,
)
from processors.titles import canonical_title, namespaces_for
from processors.wikis import nearest

_Found = tuple[Place, str]
"""Where a rule is broken, and which."""
_CATEGORY = 14


def parse_programs(text: str, *, source: str, known_wikis: Collection[str] = ()) -> list[Program]:
    """Return the programs of a text, in its order.

    Args:
        source: what to call the text in errors: its file.
        known_wikis: server names that are right although no rule gives them.

    Raises:
        InvalidPrograms: every broken rule, as `source: slug: path`.
    """
    try:
        documents = read_documents(text)
    except UnreadableText as error:
        raise InvalidPrograms([Problem(source, f"{error} (line {error.line})")]) from error
    programs: list[Program] = []
    problems: list[Problem] = []
    slugs: dict[str, int] = {}
    for number, document in enumerate(documents, start=1):
        program, found = _read(document, known_wikis)
        if program is not None:
            if program.slug in slugs:
                found = [*found, (("slug",), f"the program in line {slugs[program.slug]} has this slug already")]
            slugs.setdefault(program.slug, document.line(("slug",)))
            programs.append(program)
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


def _read(document: Document, known_wikis: Collection[str]) -> tuple[Program | None, list[_Found]]:
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
    program = _program(shape)
    return program, [*found, *_contradictions(shape, value), *_scope_problems(shape)]


def _broken(error: ValidationError) -> Iterator[_Found]:
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
            case _ if one["input"] is None:
                yield place, "is empty; give it a value or remove the key"
            case "value_error":
                yield place, str(one["ctx"]["error"])
            case _:
                yield place, one["msg"].replace("Input should be", "should be")


def _contradictions(shape: ProgramShape, written: dict[str, Any]) -> Iterator[_Found]:
    if shape.participants is None and not shape.open:
        yield ("participants",), "is missing; name those who take part, or write `open: true`"
    teams: dict[str, tuple[int, Any]] = {}
    for place, one in enumerate(shape.participants or ()):
        first, same = teams.setdefault(one.user, (place, one))
        if same != one:
            yield ("participants", place), f"{one.user} is already participant [{first}], with another team or time"
    for wiki, times in Counter(shape.wikis).items():
        if times > 1:
            yield ("wikis",), f"{wiki} is named {times} times"
    if isinstance(written.get("namespaces"), dict) and len(written["namespaces"]) != len(shape.namespaces):
        yield ("namespaces",), "a wiki is named twice"
    for wiki in shape.namespaces:
        tracked = any(family_matches(one, wiki) or family_matches(wiki, one) for one in shape.wikis)
        if wiki != "default" and not tracked:
            yield ("namespaces", wiki), f"{wiki} is not among the program's wikis"


def _scope_problems(shape: ProgramShape) -> Iterator[_Found]:
    for number, one in enumerate((shape.scope and shape.scope.any) or ()):
        place: Place = ("scope", "any", number)
        wiki = one.wiki or _only_wiki(shape)
        if one.category is None:
            continue
        if not wiki:
            yield (*place, "wiki"), "is missing: there are several wikis, and a category is of one"
        elif wiki.startswith("*"):
            yield (*place, "wiki"), f"{wiki} is a family, and a category is of one wiki"
        else:
            namespace = namespaces_for(wiki).namespace_of(canonical_title(one.category))
            if namespace not in (0, _CATEGORY):
                yield (*place, "category"), f"{one.category!r} is not the title of a category"


def _only_wiki(shape: ProgramShape) -> str:
    return shape.wikis[0] if len(shape.wikis) == 1 and not shape.wikis[0].startswith("*") else ""


def _program(shape: ProgramShape) -> Program:
    scopes = shape.scope.any if shape.scope else None
    only = _only_wiki(shape)
    exclude = shape.exclude
    return Program(
        slug=shape.slug,
        title=shape.slug if shape.title is None else shape.title,
        sessions=tuple(Session(one.start, one.end, one.title) for one in shape.sessions),
        wikis=tuple(shape.wikis),
        timezone=shape.timezone,
        namespaces=tuple(shape.namespaces.items()),
        participants=tuple(
            dict.fromkeys(Participant(one.user, one.team, one.joined) for one in shape.participants or ())
        ),
        open=shape.open,
        scope=None if scopes is None else tuple(_scope(one, only) for one in scopes),
        membership=shape.scope.membership if shape.scope else Membership.AT_EDIT,
        exclude=Exclusions(
            bots=exclude.bots,
            minor=exclude.minor,
            redirects=exclude.redirects,
            reverted=exclude.reverted,
            users=frozenset(exclude.users),
            titles=frozenset(_title(title, only) for title in exclude.titles),
        ),
        visibility=shape.visibility,
        goals=tuple(shape.goals.items()),
        points=tuple(shape.points.items()),
    )


def _scope(one: ScopeShape, only: str) -> Scope:
    wiki = one.wiki or ""
    if one.category is not None:
        return CategoryScope(
            wiki or only, _category(one.category, wiki or only), one.depth or 0, one.side or Side.ARTICLE
        )
    if one.titles is not None:
        return TitlesScope(frozenset(_title(title, wiki or only) for title in one.titles), wiki)
    return PrefixScope(_title(one.prefix or "", wiki or only), wiki)


def _category(title: str, wiki: str) -> str:
    namespaces = namespaces_for(wiki)
    if namespaces.namespace_of(canonical_title(title)) == _CATEGORY:
        return namespaces.canonical(title)
    return namespaces.canonical(f"{namespaces.name(_CATEGORY)}:{canonical_title(title, case_sensitive=True)}")


def _title(title: str, wiki: str) -> str:
    """As the wiki writes it; where several are meant, as most do."""
    return namespaces_for(wiki).canonical(title) if wiki and not wiki.startswith("*") else canonical_title(title)


def dump_programs(programs: Sequence[Program]) -> str:
    """Write programs so that `parse_programs` returns them again; what is as usual is left out."""
    return write_documents([dict(_written(program)) for program in programs])


_USUAL = Program(slug="", title="", sessions=(), wikis=())


def _written(program: Program) -> Iterator[tuple[str, Any]]:
    timezone = ZoneInfo(program.timezone)
    yield "slug", program.slug
    yield "title", program.title
    if program.timezone != _USUAL.timezone:
        yield "timezone", program.timezone
    yield (
        "sessions",
        [
            {"start": one.start.astimezone(timezone).isoformat(), "end": one.end.astimezone(timezone).isoformat()}
            | ({"title": one.title} if one.title else {})
            for one in program.sessions
        ],
    )
    yield "wikis", list(program.wikis)
    if program.namespaces != _USUAL.namespaces:
        yield (
            "namespaces",
            {wiki: "all" if numbers is None else sorted(numbers) for wiki, numbers in program.namespaces},
        )
    if program.participants or not program.open:
        yield "participants", [_participant(one, timezone) for one in program.participants]
    if program.open:
        yield "open", True
    scope: dict[str, Any] = {}
    if program.scope is not None:
        scope["any"] = [_written_scope(one) for one in program.scope]
    if program.membership is not _USUAL.membership:
        scope["membership"] = program.membership.value
    if scope:
        yield "scope", scope
    exclude = _written_exclusions(program.exclude)
    if exclude:
        yield "exclude", exclude
    if program.visibility is not Visibility.PUBLIC:
        yield "visibility", program.visibility.value
    if program.goals:
        yield "goals", dict(program.goals)
    if program.points:
        yield "points", dict(program.points)


def _participant(one: Participant, timezone: ZoneInfo) -> str | dict[str, str]:
    more = {"team": one.team} if one.team else {}
    if one.joined is not None:
        more["joined"] = one.joined.astimezone(timezone).isoformat()
    return {"user": one.user, **more} if more else one.user


def _written_scope(scope: Scope) -> dict[str, Any]:
    match scope:
        case CategoryScope():
            more: dict[str, Any] = {"depth": scope.depth} if scope.depth else {}
            if scope.side is not Side.ARTICLE:
                more["side"] = scope.side.value
            return {"category": scope.category, "wiki": scope.wiki, **more}
        case TitlesScope():
            written: dict[str, Any] = {"titles": sorted(scope.titles)}
        case PrefixScope():
            written = {"prefix": scope.prefix}
    return written | ({"wiki": scope.wiki} if scope.wiki else {})


def _written_exclusions(exclude: Exclusions) -> dict[str, Any]:
    usual = Exclusions()
    switches = ("bots", "minor", "redirects", "reverted")
    written: dict[str, Any] = {
        name: getattr(exclude, name) for name in switches if getattr(exclude, name) != getattr(usual, name)
    }
    for name in ("users", "titles"):
        if listed := getattr(exclude, name):
            written[name] = sorted(listed)
    return written
