"""Every query of the Grafana dashboards runs on a real store, and shows something of the demo."""

from __future__ import annotations

import re

import pytest

from deploy.schema import asking, play_demo
from storage.clickhouse import ClickHouseStore
from tests.conftest import NewStore
from tests.stores import log_of
from tests.unit.test_dashboards import DASHBOARDS, board, targets

FROM, TO = "toDateTime('2020-01-01 00:00:00', 'UTC')", "toDateTime('2100-01-01 00:00:00', 'UTC')"
MACROS = {
    r"\$__timeFilter\((\w+)\)": rf"\1 >= {FROM} AND \1 <= {TO}",
    r"\$__timeInterval\((\w+)\)": r"toStartOfInterval(toDateTime(\1), INTERVAL 60 second)",
    r"\$__fromTime": FROM,
    r"\$__toTime": TO,
    r"\$\{program:sqlstring\}": "'edit-a-thon'",
}
QUERIES = [(name, target["rawSql"]) for name, target in targets() if "rawSql" in target]
EMPTY = {"pipeline: Gaps", "pipeline: Dead letters"}
"""The demo has none."""


def filled_in(sql: str) -> str:
    """As the plugin sends it."""
    for macro, value in MACROS.items():
        sql = re.sub(macro, value, sql)
    assert "$" not in sql
    return sql


@pytest.fixture(scope="module")
def demo(new_store: NewStore) -> ClickHouseStore:
    """A store with the demo's recordings."""
    store = new_store()
    play_demo(store, log_of(store))
    return store


@pytest.mark.parametrize(("name", "sql"), QUERIES, ids=[name for name, _ in QUERIES])
def test_the_panel_shows_something(demo: ClickHouseStore, name: str, sql: str) -> None:
    columns, rows = asking(demo)(filled_in(sql))
    assert bool(rows) == (name not in EMPTY)
    assert len(set(columns)) == len(columns)
    if "$__timeInterval" in sql:
        assert columns[0] == "time"


def test_the_variable_lists_public_programs(demo: ClickHouseStore) -> None:
    (variable,) = [one for file in DASHBOARDS for one in board(file)["templating"]["list"]]
    assert {slug for (slug,) in asking(demo)(variable["query"])[1]} == {"edit-a-thon", "everyone-on-enwiki"}
