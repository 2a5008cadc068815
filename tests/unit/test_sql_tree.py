"""Trees that no ClickHouse of today makes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from processors.errors import SqlRefused
from processors.sql.guard import check_tree

HEAD = ["SelectWithUnionQuery (children 1)", " ExpressionList (children 1)", "  SelectQuery (children 1)"]


def check(lines: Sequence[str]) -> None:
    check_tree(lines, database="analytics", functions={"file", "upper"}, settings=0)


def test_a_tree_of_what_is_known_passes() -> None:
    check([*HEAD, "   ExpressionList (children 1)", "    Literal UInt64_1 (alias a)"])


@pytest.mark.parametrize(
    "kind", ["NewKindOfReading x", "QueryParameter t:Identifier", "ASTFunctionWithKeyValueArguments"]
)
def test_a_kind_of_node_that_is_not_known_is_refused(kind: str) -> None:
    with pytest.raises(SqlRefused) as refused:
        check([*HEAD, f"   {kind}"])
    assert refused.value.rule == "syntax"


@pytest.mark.parametrize(
    "lines",
    [
        [*HEAD, "        Literal UInt64_1"],
        [*HEAD, ""],
        [*HEAD, "SelectQuery"],
        [" SelectQuery"],
        [*HEAD, "   \tLiteral UInt64_1"],
    ],
)
def test_a_tree_that_is_no_tree_is_refused(lines: list[str]) -> None:
    with pytest.raises(SqlRefused) as refused:
        check(lines)
    assert refused.value.rule == "unreadable"


def test_nothing_is_refused() -> None:
    with pytest.raises(SqlRefused):
        check([])


@pytest.mark.parametrize("alias", ["", " (alias version)", " (alias x (children 9))"])
def test_no_alias_hides_a_function(alias: str) -> None:
    with pytest.raises(SqlRefused, match="file"):
        check([*HEAD, f"   Function file{alias} (children 1)"])
