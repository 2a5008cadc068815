"""What a replica sees of the changes that others make in a store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

import pytest

from deploy import following_changes
from deploy.following_changes import LATE, Changes, ChangesFollower, StoreMoved
from processors.errors import StoreUnavailable
from processors.metrics import STORE_AWAY
from storage.changes import ClickHouseChanges
from storage.clickhouse import ClickHouseStore
from tests.contract.test_program_log import event
from tests.recorders import RecordedMetrics
from tests.stores import log_of, show

VERSION = 1_764_000_000_000_000


def count(store: ClickHouseStore, version: int, *programs: str, user: str = "Ada") -> None:
    rows = [(program, user, version) for program in programs]
    store.connections.insert("standings", ("program", "user", "version"), list(zip(*rows, strict=True)))


def watching(store: ClickHouseStore) -> Changes:
    """One who has looked before."""
    changes = Changes(ClickHouseChanges(store.connections))
    changes.look()
    return changes


def test_programs_are_told_of_once_for_each_version_of_their_standings(any_store: ClickHouseStore) -> None:
    count(any_store, VERSION, "old", "busy")
    changes = watching(any_store)
    assert changes.look() == frozenset()
    count(any_store, VERSION + 1, "busy", "new")
    assert changes.look() == {"busy", "new"}
    assert changes.look() == frozenset()
    count(any_store, VERSION + 1 + 3 * LATE, "busy")
    assert changes.look() == {"busy"}
    assert changes.look() == frozenset()


def test_standings_that_become_visible_behind_newer_ones_are_told_of(store: ClickHouseStore) -> None:
    changes = watching(store)
    count(store, VERSION + LATE, "first")
    assert changes.look() == {"first"}
    count(store, VERSION + LATE // 2, "late", "first", user="Ben")
    assert changes.look() == {"late", "first"}
    assert changes.look() == frozenset()


def test_a_decision_is_told_of_when_boards_show_it(any_store: ClickHouseStore) -> None:
    changes = watching(any_store)
    log_of(any_store).append([event(program="shown"), event(program="later")], after=0)
    show(any_store, "shown")
    assert changes.look() == {"shown"}
    assert changes.look() == frozenset()
    show(any_store, "later")
    assert changes.look() == {"later"}
    assert changes.look() == frozenset()


def test_a_look_that_fails_takes_nothing_from_the_next_one(store: ClickHouseStore) -> None:
    class Breaking(ClickHouseChanges):
        away = False

        def shown(self, slugs: Collection[str]) -> dict[str, int]:
            if self.away:
                raise StoreUnavailable("away")
            return super().shown(slugs)

    reading = Breaking(store.connections)
    changes = Changes(reading)
    changes.look()
    count(store, VERSION, "counted")
    log_of(store).append([event(program="decided")], after=0)
    show(store, "decided")
    reading.away = True
    with pytest.raises(StoreUnavailable):
        changes.look()
    reading.away = False
    assert changes.look() == {"counted", "decided"}


class Told:
    """A store that answers as a test says; and what is told of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.error: Exception | None = None
        self.revived = 0
        self.moved = False
        self.looks = 0
        self.changed: list[frozenset[str]] = []
        self.metrics = RecordedMetrics()
        monkeypatch.setattr(following_changes, "LOOK_EVERY", 0.01)
        monkeypatch.setattr(Changes, "look", lambda _: self._look())

    def _look(self) -> frozenset[str]:
        self.looks += 1
        if self.error is not None:
            raise self.error
        return frozenset({"p"}) if self.looks % 2 else frozenset()

    def revive(self) -> None:
        self.revived += 1
        if self.moved:
            raise StoreMoved

    def follower(self, store: ClickHouseStore) -> ChangesFollower:
        changes = ClickHouseChanges(store.connections)
        return ChangesFollower(changes, metrics=self.metrics, on_change=self.changed.append, revive=self.revive)


async def reached(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("error", [StoreUnavailable("away"), ValueError("nonsense")], ids=["away", "broken"])
async def test_a_follower_says_that_the_store_is_away_and_goes_on(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    told = Told(monkeypatch)
    follower = told.follower(store)
    task = asyncio.create_task(follower.run())
    await reached(lambda: len(told.changed) > 1)
    assert set(told.changed) == {frozenset({"p"})}
    assert (follower.store_away, told.revived) == (False, 0)
    told.error = error
    await reached(lambda: follower.store_away and told.revived > 1)
    assert told.metrics.gauges[STORE_AWAY.name,] == 1
    told.error, before = None, len(told.changed)
    await reached(lambda: not follower.store_away and len(told.changed) > before)
    assert told.metrics.gauges[STORE_AWAY.name,] == 0
    task.cancel()
    await asyncio.wait([task])


async def test_a_follower_ends_when_the_store_has_moved(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told(monkeypatch)
    told.error, told.moved = StoreUnavailable("away"), True
    with pytest.raises(StoreMoved):
        await told.follower(store).run()
    assert told.looks == 1
