"""YAML as people write it: documents of mappings, lists and text, with the line of every value.

Text stays text: a user may be called `No`, `1234` or `2026-11-08`. Only what is left empty is None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

Place = tuple[str | int, ...]
"""Where a value is: keys and list positions from the top of its document."""

_DEEPEST = 20


@dataclass(slots=True)
class Document:
    """One YAML document. `value` is a dict, a list, a str or None, and so are the values in it."""

    value: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[tuple[Place, str]] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """The line (from 1) of a value, or of the nearest around it."""
        while place not in self.lines and place:
            place = place[:-1]
        return self.lines.get(place, 1)


class UnreadableText(Exception):
    """The text is no YAML."""

    def __init__(self, message: str, line: int) -> None:
        self.line = line
        super().__init__(message)


_COMMENT_IN_LIST = re.compile(r"[\[,]\s*#\w")


def read_documents(text: str) -> list[Document]:
    """Return the documents that hold anything, in order.

    Raises:
        UnreadableText: it is not YAML, or it uses aliases, or it is nested too deeply.
    """
    documents: list[Document] = []
    try:
        events = yaml.parse(text, Loader=yaml.CSafeLoader)
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                document = Document()
                document.value = _value(next(events), events, document, ())
                documents.append(document)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = ", ".join(part for part in (error.context, error.problem) if part)
        if _COMMENT_IN_LIST.search(text):
            words += "; a # begins a comment, also in a list: leave it out or put it in quotes"
        raise UnreadableText(words, mark.line + 1 if mark else 1) from error
    except yaml.YAMLError as error:
        raise UnreadableText(str(error).splitlines()[0], 1) from error
    return [document for document in documents if document.value is not None or document.problems]


def _value(event: Any, events: Iterator[Any], document: Document, place: Place) -> Any:
    line = _line(event)
    document.lines.setdefault(place, line)
    if len(place) > _DEEPEST:
        raise UnreadableText("too many levels inside one another", line)
    match event:
        case yaml.ScalarEvent():
            return None if event.implicit[0] and event.value in _EMPTY else event.value
        case yaml.SequenceStartEvent():
            items: list[Any] = []
            while not isinstance(event := next(events), yaml.SequenceEndEvent):
                items.append(_value(event, events, document, (*place, len(items))))
            return items
        case yaml.MappingStartEvent():
            return _mapping(events, document, place)
    raise UnreadableText("aliases (*name) are not understood here", line)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


_EMPTY = frozenset({"", "~", "null", "Null", "NULL"})


def _mapping(events: Iterator[Any], document: Document, place: Place) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        line = _line(event)
        if not isinstance(event, yaml.ScalarEvent):
            raise UnreadableText("a key has to be plain text", line)
        key = event.value
        inner = (*place, key)
        if key in found:
            first = document.lines[inner]
            document.problems.append((inner, f"the key is written twice, in lines {first} and {line}"))
        else:
            document.lines[inner] = line
        found[key] = _value(next(events), events, document, inner)
    return found


class _Dumper(yaml.CSafeDumper):
    """Writes times without quotes: they are text when they are read."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.CSafeDumper.yaml_implicit_resolvers.items()
    }


class Lines(list[Any]):
    """A list that is written with each item on a line of its own, so that a change of one is a change of one line."""


class Line(dict[str, Any]):
    """A mapping that is written on one line, lists in it too."""


def _in_lines(dumper: _Dumper, items: Lines) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=not items)


def _on_one_line(dumper: _Dumper, items: Line) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", items, flow_style=True)


_Dumper.add_representer(Lines, _in_lines)
_Dumper.add_representer(Line, _on_one_line)


def write_documents(values: Sequence[dict[str, Any]]) -> str:
    """Write each mapping as a document, keys in the order given."""
    return yaml.dump_all(
        values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110
    )
