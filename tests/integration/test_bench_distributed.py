"""`make bench ARGS="--only distributed"` in small: every part comes to an end, and what it says is what it did."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.distributed import Sizes, measure

SIZES = Sizes(
    events=2_000, warm=500, rounds=1, rate=50, seconds=4, kills=1, session_seconds=3, rebuilt=2_000, workers=(2,)
)

pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed <s(ocket|sl):ResourceWarning"),
    pytest.mark.timeout(900),
]


def test_every_part_of_it_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines: list[str] = []
    reached = measure(SIZES, lines.append)

    (rates,) = reached.rates
    assert [one.name for one in rates] == ["one-command mode", "1 worker", "2 workers", "Faust alone"]
    assert [one.events for one in rates[:3]] == [2_000] * 3
    assert 0 < rates[3].events < 2_500, "its first batch is not measured"
    assert rates[0].contributions == rates[1].contributions == rates[2].contributions > 0
    assert rates[1].share == 1 > rates[2].share
    assert all(one.wall > 0 and one.cpu.ours > 0 for one in rates)

    late = reached.late[2]
    assert late.events >= 100
    assert len(late.to_store) >= late.events // 5
    assert 0 < min(late.to_store) <= max(late.to_store)
    assert len(late.to_board) == len(late.to_store)

    (takeover,) = reached.takeovers
    assert 0 < takeover.assigned <= takeover.stored
    assert takeover.stored <= (takeover.caught_up or takeover.stored)

    (rebuilt,) = reached.rebuilt
    assert (rebuilt.workers, rebuilt.events) == (2, 2_000)
    assert rebuilt.seconds > 0

    said = "\n".join(lines)
    assert "session timeout 3 s" in said
    assert said.count("load average") == 4
    assert not list((tmp_path / "var").iterdir()), "its data is left behind"
