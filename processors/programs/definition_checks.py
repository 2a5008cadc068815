"""What a well-formed program must not say: its keys contradict one another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from processors.facts.titles import canonical_title, namespaces_for
from processors.programs.definition_build import CATEGORY, build_page, build_participant, only_wiki
from processors.programs.definition_shape import ExclusionsShape, ProgramShape, ScopeShape
from processors.programs.definition_text import Place
from processors.programs.program import family_matches

Found = tuple[Place, str]
"""Where a rule is broken, and which."""


def contradictions(shape: ProgramShape, written: dict[str, Any]) -> Iterator[Found]:
    """Yield every contradiction. `written` is the mapping that the shape was read from."""
    only = only_wiki(shape)
    if shape.participants is None and not shape.open and not shape.hashtags:
        yield ("participants",), "is missing; name those who take part, or write `open: true`, or give hashtags"
    participants = shape.participants or ()
    if len({one.user for one in participants}) < len(participants):
        yield from _repeated(
            ("participants",),
            [(one.user, build_participant(one, only)) for one in participants],
            "{} is already participant [{}], with another team, time or other details",
        )
    yield from _wiki_problems(shape, written)
    if shape.scope:
        yield from _category_problems(("scope", "any"), shape.scope.any or (), only)
        yield from _category_problems(("scope", "except"), shape.scope.outside, only)
    yield from _exclusion_problems(shape.exclude, only)


def _wiki_problems(shape: ProgramShape, written: dict[str, Any]) -> Iterator[Found]:
    for wiki, times in Counter(shape.wikis).items():
        if times > 1:
            yield ("wikis",), f"{wiki} is named {times} times"
    if isinstance(written.get("namespaces"), dict) and len(written["namespaces"]) != len(shape.namespaces):
        yield ("namespaces",), "a wiki is named twice"
    for wiki in shape.namespaces:
        tracked = any(family_matches(one, wiki) or family_matches(wiki, one) for one in shape.wikis)
        if wiki != "default" and not tracked:
            yield ("namespaces", wiki), f"{wiki} is not among the program's wikis"


def _repeated(place: Place, entries: Sequence[tuple[Hashable, object]], message: str) -> Iterator[Found]:
    """The same twice is once; the same with other details is not clear."""
    seen: dict[Hashable, tuple[int, object]] = {}
    for number, (name, one) in enumerate(entries):
        first, same = seen.setdefault(name, (number, one))
        if same != one:
            yield (*place, number), message.format(name, first)


def _category_problems(place: Place, scopes: Sequence[ScopeShape], only: str) -> Iterator[Found]:
    for number, one in enumerate(scopes):
        if one.category is None:
            continue
        wiki = one.wiki or only
        if problem := _no_one_wiki(wiki, "a category"):
            yield (*place, number, "wiki"), problem
            continue
        namespace = namespaces_for(wiki).namespace_of(canonical_title(one.category))
        if namespace not in (0, CATEGORY):
            yield (*place, number, "category"), f"{one.category!r} is not the title of a category"


def _exclusion_problems(exclude: ExclusionsShape, only: str) -> Iterator[Found]:
    for number, one in enumerate(exclude.revisions):
        if problem := _no_one_wiki(one.wiki or only, "a revision"):
            yield ("exclude", "revisions", number, "wiki"), problem
    users = [(one.user, one.reason) for one in exclude.users]
    yield from _repeated(("exclude", "users"), users, "{} is already in [{}], with another reason")
    titles = [(build_page(one, only), one.reason) for one in exclude.titles]
    yield from _repeated(("exclude", "titles"), titles, "{0.title} is already in [{1}], with another reason")
    numbers = [((one.rev, one.wiki or only), one.reason) for one in exclude.revisions]
    yield from _repeated(("exclude", "revisions"), numbers, "{0[0]} is already in [{1}], with another reason")


def _no_one_wiki(wiki: str, what: str) -> str | None:
    if not wiki:
        return f"is missing: there are several wikis, and {what} is of one"
    return f"{wiki} is a family, and {what} is of one wiki" if wiki.startswith("*") else None
