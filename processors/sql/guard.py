"""What SQL of others may name, by the tree that the server makes of it (`EXPLAIN AST`).

The tree shows names without quotes, and is made without running anything. Whatever kind of node is not known here is
refused. The text was looked at before (`sql_text`), for what the tree does not show.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from processors.errors import SqlRefused
from processors.sql.functions import TABLE_FUNCTIONS, computes

SYSTEM_TABLES = frozenset(
    {
        "columns",
        "data_type_families",
        "databases",
        "formats",
        "functions",
        "numbers",
        "one",
        "settings",
        "tables",
        "zeros",
    }
)
"""What clients ask the server about itself; it shows an account what that account may see."""

_PLAIN = frozenset(
    """
    ArrayJoin Asterisk ColumnsExceptTransformer ColumnsListMatcher ColumnsRegexpMatcher ColumnsReplaceTransformer
    ColumnsReplaceTransformer::Replacement ColumnsTransformerList ExpressionList Identifier InterpolateElement Literal
    OrderByElement QualifiedAsterisk QualifiedColumnsListMatcher QualifiedColumnsRegexpMatcher SampleRatio
    SelectIntersectExceptQuery SelectQuery SelectWithUnionQuery Set Subquery TableExpression TableJoin
    TablesInSelectQuery TablesInSelectQueryElement WindowDefinition WindowListElement WithElement
    """.split()  # noqa: SIM905 -- as it reads
)
"""Nodes that may be anywhere: what they do is in their children."""
_AT_THE_TOP = frozenset({"ExpressionList", "SelectIntersectExceptQuery", "SelectQuery", "SelectWithUnionQuery", "Set"})
_MEMBERSHIP = re.compile(r"(global)?(not)?(null)?(not)?in(ignoreset)?")
"""Functions whose second argument may be the name of a table."""
_LINE = re.compile(r"( *)(\S+)(?: (.*?))??(?: \(alias .*\))?(?: \(children \d+\))?")


@dataclass(frozen=True, slots=True)
class _Node:
    depth: int
    kind: str
    name: str
    above: tuple[_Node, ...]
    """From the root down to its parent."""
    place: int
    """Among its siblings, from 0."""

    @property
    def parent(self) -> _Node | None:
        return self.above[-1] if self.above else None

    @property
    def argument_of(self) -> str:
        """The function whose argument it is, in small letters; nothing when it is none."""
        if len(self.above) < 2 or self.above[-1].kind != "ExpressionList" or self.above[-2].kind != "Function":
            return ""
        return self.above[-2].name.lower()


def check_tree(lines: Sequence[str], *, database: str, functions: Collection[str], settings: int) -> None:
    """Let a statement pass that reads only what is for reading.

    Args:
        lines: what `EXPLAIN AST` says.
        database: the only one that may be read.
        functions: the names of all functions of the server, in small letters: since a function may be handed to another
            by its mere name, the names of those that are not allowed are not allowed either.
        settings: how many SETTINGS clauses have been looked at.

    Raises:
        SqlRefused: naming the rule.
    """
    nodes = list(_nodes(lines))
    if not nodes or nodes[0].kind not in ("SelectWithUnionQuery", "SelectIntersectExceptQuery"):
        raise SqlRefused("reading_only", "only SELECT")
    if sum(node.kind == "Set" for node in nodes) != settings:
        raise SqlRefused("setting", "its settings cannot be read with certainty", code=115)
    for node in nodes[1:]:
        if node.depth == 1 and node.kind not in _AT_THE_TOP:
            raise SqlRefused("output", "it writes its answer elsewhere, or in another way")
        _check(node, database, functions)


def _nodes(lines: Sequence[str]) -> Iterator[_Node]:
    above: list[_Node] = []
    places: list[int] = []
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None or (depth := len(found[1])) > len(above) or (depth == 0) != (not above):
            raise SqlRefused("unreadable", "its tree cannot be read with certainty")
        del above[depth:]
        del places[depth + 1 :]
        places += [-1] * (depth + 1 - len(places))
        places[depth] += 1
        node = _Node(depth, found[2], found[3] or "", tuple(above), places[depth])
        above.append(node)
        yield node


def _check(node: _Node, database: str, functions: Collection[str]) -> None:
    match node.kind:
        case "Function":
            _check_function(node)
        case "TableIdentifier":
            _check_table(node.name, database)
        case "Identifier":
            _check_identifier(node, database, functions)
        case "ColumnsApplyTransformer":
            raise SqlRefused("apply", "APPLY does not show which function it calls; call it on each column")
        case kind if kind not in _PLAIN:
            raise SqlRefused("syntax", f"{kind[:60]} is not allowed")


def _check_function(node: _Node) -> None:
    if node.parent is not None and node.parent.kind == "TableExpression":
        if node.name.lower() not in TABLE_FUNCTIONS:
            raise SqlRefused("table_function", f"the table function {node.name[:60]} is not allowed")
    elif not computes(node.name):
        raise SqlRefused("function", f"the function {node.name[:60]} is not allowed")


def _check_table(name: str, database: str) -> None:
    of, dot, table = name.partition(".")
    if not dot:
        if not re.fullmatch(r"[\w ]+", name):
            raise SqlRefused("table", f"{name[:60]} is no table's name")
    elif "." in table or not (of == database or (of == "system" and table in SYSTEM_TABLES)):
        raise SqlRefused("table", f"the table {name[:120]} is not for reading; those of {database} are")


def _check_identifier(node: _Node, database: str, functions: Collection[str]) -> None:
    small = node.name.lower()
    if not node.argument_of:
        return
    if _MEMBERSHIP.fullmatch(node.argument_of) and node.place == 1 and "." in node.name:
        _check_table(node.name, database)
    if small in functions and not computes(small):
        raise SqlRefused("function", f"the function {node.name[:60]} is not allowed, by its name either")
