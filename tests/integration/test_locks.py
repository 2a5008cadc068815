"""Leases: one holder at a time, and a holder that died is succeeded."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from processors.errors import Conflict
from storage.clickhouse import ClickHouseStore
from storage.locks import Lease, Locks, held


@pytest.fixture
def locks(store: ClickHouseStore) -> Locks:
    return Locks(store.connections)


def test_what_one_holds_nobody_else_gets(locks: Locks) -> None:
    lease = locks.take("tidy", "ada", 60)
    with pytest.raises(Conflict, match=r"tidy: ada holds the lock for another \d+ s"):
        locks.take("tidy", "ben", 60)
    locks.take("paint", "ben", 60)
    locks.give_back(lease)
    locks.take("tidy", "ben", 60)


def test_who_does_not_renew_is_succeeded_and_learns_it(locks: Locks) -> None:
    lease = locks.take("tidy", "ada", 1)
    lease = locks.renew(lease, 1)
    threading.Event().wait(1.1)
    taken = locks.take("tidy", "ben", 60)
    with pytest.raises(Conflict, match="ben was faster"):
        locks.renew(lease, 60)
    locks.give_back(lease)
    assert locks.renew(taken, 60).holder == "ben"


def test_of_many_at_once_one_gets_it(locks: Locks) -> None:
    together = threading.Barrier(6)

    def compete(number: int) -> Lease | None:
        together.wait()
        try:
            return locks.take("tidy", f"holder {number}", 60)
        except Conflict:
            return None

    with ThreadPoolExecutor(6) as pool:
        assert len([lease for lease in pool.map(compete, range(6)) if lease]) == 1


def test_a_held_lock_is_renewed_for_as_long_as_the_block_takes(locks: Locks) -> None:
    with held(locks, "tidy", seconds=3):
        threading.Event().wait(3.5)
        with pytest.raises(Conflict), held(locks, "tidy", patience=0):
            pass
    with held(locks, "tidy", patience=0):
        pass


def test_who_waits_gets_it_when_it_is_given_back(locks: Locks) -> None:
    order: list[str] = []

    def second() -> None:
        with held(locks, "tidy", patience=30):
            order.append("second")

    with held(locks, "tidy"):
        waiting = threading.Thread(target=second)
        waiting.start()
        threading.Event().wait(0.5)
        order.append("first")
    waiting.join(30)
    assert order == ["first", "second"]


def test_what_locks_were_is_dropped_and_what_they_are_stays(store: ClickHouseStore, locks: Locks) -> None:
    lease = locks.take("this", "one", 60)
    for _ in range(3):
        lease = locks.renew(lease, 60)
    locks.give_back(locks.take("other", "two", 60))
    assert store.drop_locks(datetime.now(UTC) - timedelta(days=1)) == 0
    assert store.drop_locks(datetime.now(UTC) + timedelta(hours=1)) >= 4
    assert store.drop_locks(datetime.now(UTC) + timedelta(hours=1)) == 0
    with pytest.raises(Conflict):
        locks.take("this", "two", 60)
    locks.renew(lease, 60)
    locks.take("other", "one", 60)
