"""Kill the pipeline, its ClickHouse, or both, many times at random: the tables end as if nothing had happened."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.acceptance.server_runs import FACTS, LETTERS, PROGRAMS, Given, Own, Place, Running, make_recording, served
from tests.servers import given_server

KILLS = {"own": 21, "given": 8}


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_recording(tmp_path_factory.mktemp("recording") / "recentchange.ndjson")


@pytest.fixture(params=KILLS)
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, Place]]:
    """Two places on one kind of server, by name."""
    names = ("undisturbed", "disturbed")
    with ExitStack() as stack:
        if request.param == "own":
            yield {name: Own(tmp_path / name) for name in names}
            return
        server = stack.enter_context(given_server(tmp_path / "server"))
        for name in names:
            server.new_database(name)
        yield {name: Given(tmp_path / name, server, name) for name in names}


def test_any_number_of_kills_ends_in_the_same_tables(recording: Path, places: dict[str, Place], tmp_path: Path) -> None:
    kills = KILLS["own" if isinstance(places["disturbed"], Own) else "given"]
    programs = tmp_path / "programs.yaml"
    programs.write_text(PROGRAMS)
    draw = random.Random(20261124)
    with served(recording) as rehearsal:
        last = max(rehearsal.last_offsets.values())

        undisturbed = Running(rehearsal, places["undisturbed"], programs)
        undisturbed.wait_until(last)
        expected = undisturbed.tables()
        assert undisturbed.stop() == 0
        assert len(expected["dead_letters"]) == LETTERS
        assert len(expected["facts"]) == FACTS

        running = Running(rehearsal, places["disturbed"], programs)
        disturbed_at: list[int] = []
        for number in range(kills):
            before = running.reached()
            # Let it get a little further, so that most kills fall into the middle of work.
            target = min(before + draw.randrange(1, 150), last - kills + number)
            running.wait_until(max(target, before))
            time.sleep(draw.random() * 0.1)
            what = draw.choice(("pipeline", "server", "both"))
            disturbed_at.append(running.reached())
            running.kill(what)
            if what != "server":
                running = Running(rehearsal, places["disturbed"], programs)
        running.wait_until(last)
        outcome = running.tables()
        assert running.stop() == 0
    assert outcome == expected
    assert sum(offset < last for offset in disturbed_at) >= kills - 1, "the kills came too late to disturb anything"
