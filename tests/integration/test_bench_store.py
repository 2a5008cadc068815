"""The store that `make bench` asks its questions: it holds what it says, and its books are right."""

from __future__ import annotations

from typing import Any

import pytest

from bench.made_store import BIG, END, START, Sizes, fill
from deploy.answers.boards import StoreBoards
from deploy.clock import now
from deploy.counting.worker import Worker
from ingest.tracking import PositionTracker
from processors.metrics import NoMetrics
from processors.numbers.numbers import Metric
from storage.clickhouse import ClickHouseStore
from storage.program_log import ClickHouseProgramLog
from tests.conftest import NewStore

SIZES = Sizes(edits=3000, wikis=6, users=400, pages=500, programs=4, big=60)


@pytest.fixture(scope="module")
def filled(new_store: NewStore) -> ClickHouseStore:
    store = new_store()
    fill(store, ClickHouseProgramLog(store.connections), SIZES)
    return store


def _rows(store: ClickHouseStore, sql: str) -> list[tuple[Any, ...]]:
    return store.connections.statement(sql)[0]


def test_there_are_as_many_edits_over_all_the_time_as_asked_for(filled: ClickHouseStore) -> None:
    ((edits, revisions, wikis, first, last),) = _rows(
        filled,
        "SELECT count(), uniqExact(wiki, rev_id), uniqExact(wiki), min(occurred_at), max(occurred_at) "
        "FROM facts FINAL WHERE kind = 'edit'",
    )
    assert (edits, revisions, wikis) == (3000, 3000, 6)
    assert first == START
    assert (END - last).total_seconds() < 1300


def test_few_users_and_wikis_have_most_of_the_edits(filled: ClickHouseStore) -> None:
    wikis = [
        count
        for (count,) in _rows(
            filled, "SELECT count() AS n FROM facts WHERE kind = 'edit' GROUP BY wiki ORDER BY n DESC"
        )
    ]
    users = [
        count
        for (count,) in _rows(
            filled, "SELECT count() AS n FROM facts WHERE kind = 'edit' GROUP BY user ORDER BY n DESC"
        )
    ]
    assert wikis[0] > 3 * wikis[-1]
    assert sum(users[: len(users) // 10]) > 0.3 * 3000


def test_the_big_program_has_its_participants_and_a_board(filled: ClickHouseStore) -> None:
    board = StoreBoards(filled, lambda: END).read_board(BIG, Metric.EDITS)
    assert board is not None
    assert len(board.program.participants) == 60
    assert 0 < board.totals.edits == sum(one.edits for one in board.standings)
    assert board.freshness.as_of == END


def test_judging_all_of_it_again_changes_nothing(filled: ClickHouseStore) -> None:
    lines = _rows(filled, "SELECT count() FROM ledger")
    assert lines > [(100,)]
    filled.connections.command("TRUNCATE TABLE judged")
    log = ClickHouseProgramLog(filled.connections)
    Worker(filled, log, PositionTracker("bench", None), metrics=NoMetrics(), clock=now).catch_up()
    assert len(filled.books()) == 4
    assert _rows(filled, "SELECT count() FROM ledger") == lines
