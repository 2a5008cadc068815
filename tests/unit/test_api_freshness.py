"""How fresh an answer is, in every form that an answer has."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from api.app import create_app
from api.live import Live
from api.probes import Health
from api.render import behind, board_wikitext, clock, gaps
from processors.metrics import NoMetrics
from processors.numbers.numbers import Metric
from processors.ports.boards import Freshness
from tests.boards import START, MemoryBoards, standing

BOARD = "/api/v1/programs/wir/leaderboard"


def site(boards: MemoryBoards) -> httpx.AsyncClient:
    async def health() -> Health:
        return Health(True)

    app = create_app(boards, Live(boards, metrics=NoMetrics()), metrics_text=lambda: b"", health=health, version="1")
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "0.0 s"),
        (119.9, "119.9 s"),
        (120, "2 minutes"),
        (7199, "119 minutes"),
        (7200, "2 hours"),
        (172_799, "47 hours"),
        (172_800, "2 days"),
        (125_000_000, "1446 days"),
    ],
)
def test_a_lag_is_told_in_the_unit_that_people_use(seconds: float, said: str) -> None:
    assert behind(seconds) == said


def test_an_old_watermark_is_told_with_its_date() -> None:
    at = datetime(2026, 11, 22, 14, 3, 22, tzinfo=UTC)
    assert clock(Freshness(at, 0.4, 0)) == "14:03:22"
    assert clock(Freshness(at, 86_400.0, 0)) == "2026-11-22 14:03:22"


def test_gaps_are_counted_in_words() -> None:
    assert [gaps(number) for number in (0, 1, 2)] == [
        "no gaps",
        "1 gap: some edits are missing",
        "2 gaps: some edits are missing",
    ]


@pytest.mark.parametrize("form", ["csv", "wikitext"])
async def test_forms_without_room_for_it_say_it_in_headers(form: str) -> None:
    boards = MemoryBoards(standing("Ada", 1))
    boards.fresh = Freshness(START, 1.25, 2)
    async with site(boards) as client:
        headers = (await client.get(f"{BOARD}?format={form}")).headers
        assert headers["wikitally-as-of"] == "2026-11-24T14:00:00Z"
        assert headers["wikitally-lag-seconds"] == "1.25"
        assert headers["wikitally-gaps"] == "2"
        boards.fresh = Freshness(None, None, 0)
        headers = (await client.get(f"{BOARD}?format={form}")).headers
        assert "wikitally-as-of" not in headers
        assert headers["wikitally-gaps"] == "0"


async def test_wikitext_names_one_gap_as_one() -> None:
    boards = MemoryBoards(standing("Ada", 1))
    boards.fresh = Freshness(START, 1.25, 1)
    board = await boards.board("wir", Metric.EDITS)
    assert board is not None
    assert board_wikitext(board).endswith("As of 2026-11-24T14:00:00Z; 1 gap: some edits are missing.\n")


async def test_openapi_names_every_format_of_a_leaderboard() -> None:
    async with site(MemoryBoards()) as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
    answer = paths[BOARD.replace("wir", "{slug}")]["get"]["responses"]["200"]["content"]
    assert set(answer) == {"application/json", "text/csv", "text/plain"}


async def test_a_method_that_is_not_allowed_is_told_which_is() -> None:
    async with site(MemoryBoards()) as client:
        answer = await client.post("/health")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
