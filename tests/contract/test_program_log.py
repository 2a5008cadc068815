"""What every `ProgramLog` holds, in memory and over a real ClickHouse."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from clickhouse_migrations.clickhouse_cluster import ClickhouseCluster

from processors.errors import Conflict, StoreUnavailable
from processors.ports.store import ProgramLog
from processors.programs.events import Change, Changed, Defined, Deleted, Frozen, Joined, NewEvent, ProgramEvent
from storage.clickhouse import ClickHouseStore
from storage.embedded import Address, EmbeddedServer
from storage.program_log import ClickHouseProgramLog
from storage.target import Target
from tests.conftest import BACKENDS, store_on
from tests.program_logs import MemoryProgramLog
from tests.stores import log_of

MIGRATIONS = Path(__file__).parents[2] / "storage" / "migrations"
AT = datetime(2026, 11, 8, 14, 0, 0, 123456, UTC)


@pytest.fixture(params=["memory", *BACKENDS])
def log(request: pytest.FixtureRequest) -> ProgramLog:
    """An empty log."""
    if request.param == "memory":
        return MemoryProgramLog()
    return log_of(store_on(request.param, request))


@pytest.fixture
def clickhouse_log(store: ClickHouseStore) -> ClickHouseProgramLog:
    return log_of(store)


def event(change: Change | None = None, *, version: int = 1, program: str = "wir", reason: str = "") -> NewEvent:
    return NewEvent(
        event_id=str(uuid4()),
        program=program,
        version=version,
        recorded_at=AT,
        actor="Ada",
        reason=reason,
        change=change or Deleted(),
    )


def test_an_empty_log_ends_at_zero(log: ProgramLog) -> None:
    assert log.last_position() == 0
    assert list(log.read()) == []


def test_events_come_back_as_they_were_appended_in_the_places_that_they_got(log: ProgramLog) -> None:
    joined = event(Joined("Chén Xiǎomíng", "blue", AT), reason="came late, with a 'quote' and a\nnewline")
    frozen = event(Frozen("prizes", AT - timedelta(days=1)), version=2)
    placed = log.append([joined, frozen], after=0)
    assert placed == [joined.at(1), frozen.at(2)]
    assert list(log.read()) == placed
    assert log.last_position() == 2


def test_a_log_is_read_from_behind_a_position_on(log: ProgramLog) -> None:
    log.append([event(), event()], after=0)
    (third,) = log.append([event()], after=2)
    assert list(log.read(2)) == [third]
    assert list(log.read(3)) == []


def test_nothing_is_appended_behind_a_position_that_is_not_the_last(log: ProgramLog) -> None:
    first = log.append([event(), event()], after=0)
    for after in (0, 1, 3):
        with pytest.raises(Conflict):
            log.append([event()], after=after)
    assert list(log.read()) == first


def test_appending_nothing_does_nothing(log: ProgramLog) -> None:
    assert list(log.append([], after=7)) == []
    assert log.last_position() == 0


def test_an_append_of_thousands_is_there_as_a_whole(log: ProgramLog) -> None:
    placed = log.append([event(Joined(f"User {number}"), version=number) for number in range(5000)], after=0)
    assert list(log.read()) == placed


def test_of_many_who_append_behind_the_same_position_one_succeeds(log: ProgramLog) -> None:
    threads, rounds = 8, 20
    together = threading.Barrier(threads)

    def take_part(number: int) -> list[list[ProgramEvent]]:
        won: list[list[ProgramEvent]] = []
        for _ in range(rounds):
            together.wait()
            after = log.last_position()
            together.wait()
            try:
                won.append(list(log.append([event(version=number) for _ in range(1 + number % 3)], after=after)))
            except Conflict:
                continue
        return won

    with ThreadPoolExecutor(threads) as pool:
        won = [placed for wins in pool.map(take_part, range(threads)) for placed in wins]
    assert len(won) == rounds
    _is_exactly(log, won)


def test_many_who_try_until_they_succeed_lose_and_double_nothing(log: ProgramLog) -> None:
    threads, appends = 8, 15
    conflicts: Counter[int] = Counter()

    def take_part(number: int) -> list[list[ProgramEvent]]:
        won: list[list[ProgramEvent]] = []
        after = 0
        while len(won) < appends:
            try:
                won.append(list(log.append([event(version=number) for _ in range(1 + number % 3)], after=after)))
                after = won[-1][-1].position
            except Conflict:
                conflicts[number] += 1
                after = log.last_position()
        return won

    with ThreadPoolExecutor(threads) as pool:
        won = [placed for wins in pool.map(take_part, range(threads)) for placed in wins]
    assert len(won) == threads * appends
    _is_exactly(log, won)


class Blind(ClickHouseProgramLog):
    """Believes whoever appends that the log ends where they say, as one does that was asleep for a while."""

    def __init__(self, log: ClickHouseProgramLog, after: int) -> None:
        super().__init__(log._connections)
        self._after = after

    def last_position(self) -> int:
        return self._after


def test_of_many_appends_that_are_under_way_at_once_one_is_stored(clickhouse_log: ClickHouseProgramLog) -> None:
    threads = 8
    together = threading.Barrier(threads)

    def take_part(after: int) -> list[ProgramEvent]:
        together.wait()
        try:
            return list(Blind(clickhouse_log, after).append([event()], after=after))
        except Conflict:
            return []

    with ThreadPoolExecutor(threads) as pool:
        won = [placed for after in range(20) for placed in pool.map(take_part, [after] * threads) if placed]
    assert len(won) == 20
    _is_exactly(clickhouse_log, won)
    assert clickhouse_log._connections.statement("SELECT count() FROM program_events")[0] == [(20,)]


def test_an_append_that_comes_long_after_another_has_taken_its_place_is_refused(
    clickhouse_log: ClickHouseProgramLog,
) -> None:
    won = [clickhouse_log.append([event()], after=after) for after in range(3)]
    with pytest.raises(Conflict):
        Blind(clickhouse_log, 1).append([event()], after=1)
    _is_exactly(clickhouse_log, won)


def test_where_two_ever_claimed_a_position_the_first_counts(clickhouse_log: ClickHouseProgramLog) -> None:
    """What a server does that has forgotten the token, after a very long sleep of an appender."""
    won = [clickhouse_log.append([event()], after=after) for after in range(3)]
    clickhouse_log._connections.insert(
        "program_events", ("position", "program", "event_id"), [[2], ["wir"], ["late"]], {"insert_deduplicate": 0}
    )
    with pytest.raises(Conflict):
        Blind(clickhouse_log, 1).append([event()], after=1)
    _is_exactly(clickhouse_log, won)


def test_a_token_that_a_crash_used_up_does_not_close_the_log(clickhouse_log: ClickHouseProgramLog) -> None:
    clickhouse_log.append([event()], after=0)
    # Afterwards the server knows the token, and nothing stands where it was used.
    for shard in clickhouse_log._connections.shards():
        table = f"program_events{clickhouse_log._connections.target.layout.suffix}"
        shard.command(f"ALTER TABLE {table} DELETE WHERE 1 SETTINGS mutations_sync = 2")
    assert clickhouse_log.last_position() == 0
    threads = 4
    together = threading.Barrier(threads)

    def take_part(_: int) -> list[ProgramEvent]:
        together.wait()
        try:
            return list(Blind(clickhouse_log, 0).append([event()], after=0))
        except Conflict:
            return []

    with ThreadPoolExecutor(threads) as pool:
        won = [placed for placed in pool.map(take_part, range(threads)) if placed]
    assert len(won) == 1
    _is_exactly(clickhouse_log, won)


def test_what_was_appended_outlives_a_server_that_is_killed_while_many_append(tmp_path: Path) -> None:
    told: dict[str, int] = {}
    over = threading.Event()

    def take_part(log: ProgramLog, number: int) -> None:
        while not over.is_set():
            try:
                placed = log.append([event() for _ in range(1 + number % 3)], after=log.last_position())
            except Conflict:
                continue
            except StoreUnavailable:
                over.wait(0.05)
            else:
                told.update((one.event_id, one.position) for one in placed)

    with EmbeddedServer(tmp_path) as server, ThreadPoolExecutor(4) as pool:
        store = ClickHouseStore(Target.parse(server.start().url))
        store.migrate()
        log = ClickHouseProgramLog(store.connections)
        working = [pool.submit(take_part, log, number) for number in range(4)]
        for _ in range(4):
            before = len(told)
            until = time.monotonic() + 30
            while len(told) < before + 10 and time.monotonic() < until:
                time.sleep(0.05)
            os.kill(server.pid, signal.SIGKILL)
            while server.alive:
                time.sleep(0.01)
            server.ensure_running()
        over.set()
        for one in working:
            one.result()
        stored = log.read()
        assert [one.position for one in stored] == list(range(1, len(stored) + 1))
        assert told.items() <= {one.event_id: one.position for one in stored}.items()
        assert len(told) >= 40
        store.close()


def test_definitions_of_an_earlier_wikitally_are_the_first_events(clickhouse: Address, tmp_path: Path) -> None:
    for file in MIGRATIONS.iterdir():
        if file.name < "004":
            shutil.copy(file, tmp_path)
    store = ClickHouseStore(replace(Target.parse(clickhouse.url), database="before_decisions"))
    target = store.connections.target
    earlier = ClickhouseCluster(
        db_host=target.host, db_port=str(target.port), db_user=target.user, db_password=target.password
    )
    earlier.migrate(target.database, tmp_path)
    ada = 'slug: ada\ntitle: "Ada\'s \\ day/night é"\n'
    rows = [("wir", 200, "one"), ("ada", 100, ada), ("wir", 300, "two"), ("bo", 200, "three"), ("wir", 300, "two")]
    store.connections.insert(
        "programs",
        ("slug", "version", "definition", "visibility", "applied_at"),
        [*zip(*rows, strict=True), ["public"] * 5, [1_000 + version for _, version, _ in rows]],
    )
    store.migrate()
    store.migrate()
    carried = ClickHouseProgramLog(store.connections).read()
    assert [(one.position, one.program, one.version, one.change) for one in carried] == [
        (1, "ada", 1, Defined(ada)),
        (2, "bo", 1, Defined("three")),
        (3, "wir", 1, Defined("one")),
        (4, "wir", 2, Changed("two")),
    ]
    assert carried[0].recorded_at == datetime(1970, 1, 1, 0, 0, 1, 100_000, UTC)
    assert len({one.event_id for one in carried}) == 4
    store.close()


def _is_exactly(log: ProgramLog, won: Sequence[Sequence[ProgramEvent]]) -> None:
    """The log holds what its appenders were told that it holds, each once, without a hole."""
    told = sorted((one for placed in won for one in placed), key=lambda one: one.position)
    assert [one.position for one in told] == list(range(1, len(told) + 1))
    assert list(log.read()) == told
