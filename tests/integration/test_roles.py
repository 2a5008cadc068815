"""The accounts for a server of one's own: ClickHouse reads them, and what is fixed here is fixed there."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.clickhouse import ClickHouseStore
from storage.embedded_config import users_xml

ROLES = (Path(__file__).parents[2] / "deploy" / "roles" / "roles.sql").read_text(encoding="utf-8")
STATEMENTS = [one.strip() for one in ROLES.split(";\n") if one.strip()]


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda text: text.splitlines()[-1][:60])
def test_clickhouse_reads_it(store: ClickHouseStore, statement: str) -> None:
    rows, _ = store.connections.statement(f"EXPLAIN AST {statement}")
    assert rows


def test_others_are_granted_the_views_and_nothing_else() -> None:
    granted = [one for one in STATEMENTS if "TO wikitally_analyst" in one and "GRANT" in one]
    assert sorted(one.splitlines()[-1] for one in granted) == [
        "GRANT SELECT ON analytics.* TO wikitally_analyst",
        "GRANT wikitally_analyst TO wikitally_analyst",
    ]


@pytest.mark.parametrize(
    "setting",
    [
        "short_circuit_function_evaluation",
        "optimize_move_to_prewhere_if_final",
        "additional_table_filters",
        "additional_result_filter",
        "max_memory_usage",
        "max_rows_to_read",
        "cancel_http_readonly_queries_on_client_close",
    ],
)
def test_what_is_fixed_on_the_embedded_server_is_fixed_there(setting: str) -> None:
    embedded = users_xml({"writer": "a", "operator": "b", "analyst": "c"})
    assert f"<{setting}>" in embedded
    assert setting in next(one for one in STATEMENTS if "PROFILE IF NOT EXISTS wikitally_analyst" in one)
