"""Every query of docs/sql.md gives what the page says, on the demo's recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.schema import asking, play_demo, questions, refreshed
from storage.clickhouse import ClickHouseStore
from tests.conftest import NewStore
from tests.stores import log_of

PAGE = (Path(__file__).parents[2] / "docs" / "sql.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def demo(new_store: NewStore) -> ClickHouseStore:
    """A store into which the demo's recordings were counted."""
    store = new_store()
    play_demo(store, log_of(store))
    return store


def test_the_page_says_what_the_store_says(demo: ClickHouseStore) -> None:
    fresh = refreshed(PAGE, asking(demo))
    assert fresh.splitlines() == PAGE.splitlines(), "python -m deploy.schema docs/sql.md writes it anew"


def test_a_wrong_result_on_the_page_is_found(demo: ClickHouseStore) -> None:
    assert "| 1 | Aïcha Benali | blue | 165 |" in PAGE
    wrong = PAGE.replace("| 1 | Aïcha Benali | blue | 165 |", "| 1 | Aïcha Benali | blue | 166 |")
    assert refreshed(wrong, asking(demo)) == refreshed(PAGE, asking(demo)) == PAGE


def test_there_are_enough_questions_and_each_says_what_it_is() -> None:
    assert len(questions(PAGE)) >= 25
    blocks = PAGE.partition("## Questions")[2].split("\n### ")[1:]
    assert len(blocks) == len(questions(PAGE))
    for block in blocks:
        heading, _, rest = block.partition("\n\n")
        assert heading.endswith("?")
        assert rest.split("```sql")[0].strip()


def test_every_view_is_asked_something() -> None:
    views = {line.removeprefix("### analytics.") for line in PAGE.splitlines() if line.startswith("### analytics.")}
    asked = " ".join(questions(PAGE))
    assert views
    assert {view for view in views if f"analytics.{view}" not in asked} == set()
