"""The notebook runs from top to bottom, as the account that analysts have."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.schema import play_demo
from storage.clickhouse import ClickHouseStore
from storage.embedded import Address
from storage.target import Target
from tests.stores import embedded_store, log_of

NOTEBOOK = json.loads((Path(__file__).parents[2] / "docs" / "notebook" / "wikitally.ipynb").read_text(encoding="utf-8"))
CELLS = ["".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """A server with the demo's recordings, the views under their usual name."""
    with embedded_store(tmp_path_factory.mktemp("notebook")) as address:
        store = ClickHouseStore(Target.parse(address.url))
        store.migrate()
        play_demo(store, log_of(store))
        store.close()
        yield address


def test_every_cell_runs_and_finds_the_demo(
    demo: Address, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setenv("WIKITALLY_SQL", f"http://{demo.host}:{demo.http_port}/")
    monkeypatch.setenv("WIKITALLY_TOKEN", demo.analyst_password)
    names: dict[str, Any] = {}
    for cell in CELLS:
        exec(compile(cell, "notebook", "exec"), names)
    assert [row["user"] for row in names["board"]][:2] == ["Aïcha Benali", "Bob the Builder"]
    for found in ("programs", "minutes", "verdicts", "changes", "wikis"):
        assert names[found], found
    assert "Aïcha Benali ████████" in capsys.readouterr().out


def test_no_output_is_kept_in_it() -> None:
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in NOTEBOOK["cells"])
