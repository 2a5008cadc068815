"""A ClickHouse server that wikitally does not start dies in mid-insert, or is away for a while: nothing is lost."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.server_runs import FACTS, PATIENCE, PROGRAMS, Given, Running, make_recording, served
from tests.servers import Server, given_server

AWAY_SECONDS = float(os.environ.get("WIKITALLY_TESTS_AWAY_SECONDS", "4"))
"""How long it is away; a minute says more than the suite has time for."""
SPEED = min(60.0, 480 / AWAY_SECONDS)
"""So many times as fast as it happened, which takes 770 seconds: events come for longer than the server is away."""
KILLS = 4
INSERTING = "SELECT count() FROM system.processes WHERE query_kind = 'Insert'"

Tables = Mapping[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_recording(tmp_path_factory.mktemp("recording") / "recentchange.ndjson")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("programs") / "programs.yaml"
    path.write_text(PROGRAMS)
    return path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for these tests alone: they kill it."""
    with given_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def undisturbed(server: Server, recording: Path, programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """What a server holds that was always there."""
    server.new_database("undisturbed")
    with served(recording) as rehearsal:
        running = Running(rehearsal, Given(tmp_path_factory.mktemp("run") / "u", server, "undisturbed"), programs)
        running.wait_until(max(rehearsal.last_offsets.values()))
        tables = running.tables()
        assert running.stop() == 0
    assert len(tables["facts"]) == FACTS
    return tables


def wait_for(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends, "it does not happen"
        time.sleep(0.05)


def kill_while_it_inserts(server: Server) -> None:
    """SIGKILL it while it is at an insert, and start it again."""
    ends = time.monotonic() + 60
    with server.client() as client:
        while client.execute(INSERTING) == [(0,)]:
            assert time.monotonic() < ends, "nothing was inserted"
    server.kill()
    server.start()


def test_a_server_that_is_killed_while_it_inserts_ends_in_the_same_tables(
    server: Server, undisturbed: Tables, recording: Path, programs: Path, tmp_path: Path
) -> None:
    server.new_database("inserting")
    with served(recording) as rehearsal:
        last = max(rehearsal.last_offsets.values())
        running = Running(rehearsal, Given(tmp_path / "run", server, "inserting"), programs)
        running.address()
        disturbed_at: list[int] = []
        for _ in range(KILLS):
            running.wait_until(max(disturbed_at, default=rehearsal.total // 50))
            kill_while_it_inserts(server)
            disturbed_at.append(running.reached() + 1)
        running.wait_until(last)
        outcome = running.tables()
        assert running.metric("wikitally_store_retries_total") >= KILLS
        assert running.stop() == 0
    assert outcome == undisturbed
    assert disturbed_at[-1] < last, "the kills came too late to disturb anything"


def test_while_a_server_is_away_reading_waits_and_nothing_is_lost(
    server: Server, undisturbed: Tables, recording: Path, programs: Path, tmp_path: Path
) -> None:
    server.new_database("away")
    with served(recording, speed=SPEED) as rehearsal:
        running = Running(rehearsal, Given(tmp_path / "run", server, "away"), programs)
        running.wait_until(200)
        server.kill()
        wait_for(lambda: running.metric("wikitally_store_away") == 1)
        assert running.get("/health")[0] == 503
        read, published = running.metric("wikitally_ingest_events_total"), rehearsal.published
        time.sleep(AWAY_SECONDS)
        assert running.metric("wikitally_ingest_events_total") == read, "it went on reading"
        assert rehearsal.published > published or rehearsal.finished.is_set(), "nothing came meanwhile"

        server.start()
        wait_for(lambda: running.metric("wikitally_store_away") == 0)
        assert running.get("/health")[0] == 200
        wait_for(rehearsal.finished.is_set)
        running.wait_until(max(rehearsal.last_offsets.values()))
        outcome = running.tables()
        assert running.stop() == 0
    assert outcome == undisturbed
