"""Rules for deletion tags as they are written: those that are shipped, in JSON, and an operator's, in YAML."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib import resources

from pydantic import ValidationError

from processors.alerts.rules import AlertRules, Overrides
from processors.alerts.rules_shape import WikiShape, keys_at
from processors.errors import InvalidInput, InvalidPrograms, Problem
from processors.facts.wikis import nearest, server_name
from processors.programs.definition_text import Document, Place, UnreadableText, read_documents


def shipped_rules() -> AlertRules:
    """Those that come with wikitally."""
    return AlertRules(rule for wiki, shape in _shipped().items() for rule in shape.rules(wiki))


@cache
def _shipped() -> Mapping[str, WikiShape]:
    """By wiki, in the order of their file."""
    text = resources.files("processors").joinpath("data", "alert_rules.json").read_text(encoding="utf-8")
    return {wiki: WikiShape.model_validate(written, context=wiki) for wiki, written in json.loads(text).items()}


def read_overrides(text: str, *, source: str, known_wikis: Collection[str] = ()) -> dict[str, Overrides]:
    """Read what an operator wants otherwise, by server name or family (`docs/alert-rules.md`).

    Args:
        source: what to call the text in errors: its file.
        known_wikis: server names that are right although no rule gives them.

    Raises:
        InvalidPrograms: every broken rule, each with its place.
    """
    try:
        documents = read_documents(text)
    except UnreadableText as error:
        raise InvalidPrograms([Problem(source, f"{error} (line {error.line})")]) from error
    if not documents:
        return {}
    if len(documents) > 1 or not isinstance(documents[0].value, dict):
        raise InvalidPrograms([Problem(source, "is to be one mapping of wikis to their rules")])
    document = documents[0]
    read: dict[str, Overrides] = {}
    found: list[tuple[Place, str]] = list(document.problems)
    for written, value in document.value.items():
        try:
            wiki = server_name(written, known_wikis)
        except InvalidInput as error:
            found.append(((written,), str(error)))
            continue
        if wiki in read:
            found.append(((written,), f"{wiki} is named twice"))
        try:
            shape = WikiShape.model_validate({} if value is None else value, context=wiki)
            read[wiki] = Overrides(shape.rules(wiki), shape.shipped, frozenset(shape.without))
        except ValidationError as error:
            found += _broken((written,), error)
            continue
        found += [((written, "without", number), message) for number, message in _not_shipped(wiki, shape)]
    if found:
        raise InvalidPrograms([_problem(source, document, *one) for one in found])
    return read


def _not_shipped(wiki: str, shape: WikiShape) -> Iterator[tuple[int, str]]:
    """A rule that is switched off under another name than its own would go on holding."""
    shipped = _shipped().get(wiki)
    names = [rule.name for rule in shipped.rules(wiki)] if shipped else []
    for number, name in enumerate(shape.without):
        if name not in names:
            close = nearest(name, names)
            yield number, f"{wiki} has no shipped rule {name!r}" + (f"; did you mean {close!r}?" if close else "")


def _problem(source: str, document: Document, place: Place, message: str) -> Problem:
    path = "".join(f"[{part}]" if isinstance(part, int) else f": {part}" for part in place)
    return Problem(f"{source}{path}", f"{message} (line {document.line(place)})")


def _broken(place: Place, error: ValidationError) -> Iterator[tuple[Place, str]]:
    for one in error.errors(include_url=False):
        here: Place = (*place, *one["loc"])
        match one["type"]:
            case "missing":
                yield here, "is missing"
            case "extra_forbidden":
                allowed = keys_at(one["loc"][:-1])
                close = nearest(str(one["loc"][-1]), allowed)
                hint = f"did you mean {close}?" if close else f"there are {', '.join(allowed)}"
                yield here, f"unknown key; {hint}"
            case "value_error":
                yield here, str(one["ctx"]["error"])
            case _:
                yield here, one["msg"].replace("Input should be", "should be")
