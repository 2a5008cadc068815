"""Boards of any moment and slice, statistics, frozen results and campaigns over HTTP."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.live import Live
from api.probes import Health
from api.render import board_wikitext
from processors.metrics import NoMetrics
from processors.numbers.numbers import By, Division, Metric
from processors.ports.boards import NOW, Moment
from tests.boards import PROGRAM, MemoryBoards, standing

PROGRAMS = "/api/v1/programs/wir"
FRESH = {"as_of", "lag_seconds", "gaps"}


@pytest.fixture
def boards() -> MemoryBoards:
    return MemoryBoards(standing("Ben", 3, 40), standing("Ada", 3, 70))


@pytest.fixture
async def client(boards: MemoryBoards) -> AsyncIterator[httpx.AsyncClient]:
    async def health() -> Health:
        return Health(True)

    live = Live(boards, metrics=NoMetrics())
    app = create_app(boards, live, metrics_text=lambda: b"", health=health, version="1")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def get(client: httpx.AsyncClient, path: str, status: int = 200) -> Any:
    answer = await client.get(path)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("", (NOW, By.USER)),
        ("as_of=2026-11-24T15:00Z", (Moment(as_of=datetime(2026, 11, 24, 15, tzinfo=UTC)), By.USER)),
        ("session=1&by=team", (Moment(session="1"), By.TEAM)),
        ("last_minutes=10&by=article", (Moment(last_minutes=10), By.ARTICLE)),
    ],
)
async def test_a_board_is_asked_for_with_a_moment_and_a_slice(
    client: httpx.AsyncClient, boards: MemoryBoards, query: str, asked: object
) -> None:
    board = await get(client, f"{PROGRAMS}/leaderboard?{query}")
    assert boards.asked == [asked]
    assert board.keys() >= FRESH
    await get(client, f"{PROGRAMS}/statistics?{query.partition('&by')[0]}&by=hour")
    assert boards.asked[1:] == [(asked[0], Division.HOUR)]  # type: ignore[index]


@pytest.mark.parametrize(
    "query",
    ["as_of=2026-11-24T15:00", "as_of=1970-01-01T00:00Z", "last_minutes=0", "by=nobody", "session=", "session=9"],
)
async def test_a_moment_that_makes_no_sense_is_refused(client: httpx.AsyncClient, query: str) -> None:
    assert (await get(client, f"{PROGRAMS}/leaderboard?{query}", 422))["detail"]


async def test_lines_say_what_they_stand_for(client: httpx.AsyncClient, boards: MemoryBoards) -> None:
    board = await get(client, f"{PROGRAMS}/leaderboard?by=article")
    assert list(board["standings"][0])[:4] == ["rank", "wiki", "title", "editors"]
    answer = await client.get(f"{PROGRAMS}/leaderboard?by=wiki&format=csv")
    assert answer.text.startswith("rank,wiki,editors,edits,")


async def test_a_program_is_told_without_naming_anybody(client: httpx.AsyncClient, boards: MemoryBoards) -> None:
    boards.freeze("final")
    text = (await client.get(PROGRAMS)).text
    assert "Ada" not in text
    program = await get(client, PROGRAMS)
    assert (program["version"], program["status"], program["participants"]) == (3, "active", 2)
    assert (program["teams"], program["results"]) == (["blue"], ["final"])
    assert program["rules"] == ["Everyone's edits count."]


async def test_statistics_come_as_csv_that_runs_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{PROGRAMS}/statistics?by=action&format=csv")
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["key"], row["edits"]) == ("'=1", "6")
    assert answer.headers["wikitally-gaps"] == "0"


async def test_a_result_stays_and_is_shown_beside_what_is_now(client: httpx.AsyncClient, boards: MemoryBoards) -> None:
    boards.freeze("final")
    boards.put(standing("Ada", 2, 70))
    boards.put(standing("Zoë", 1))
    (listed,) = (await get(client, f"{PROGRAMS}/results"))["results"]
    assert (listed["name"], listed["totals"]["edits"], "standings" in listed) == ("final", 6, False)
    result = await get(client, f"{PROGRAMS}/results/final")
    assert [one["edits"] for one in result["standings"]] == [3, 3]
    assert (result["totals"]["edits"], result["live_totals"]["edits"]) == (6, 6)
    assert [(one["user"], one["then"], one["numbers"]["edits"]) for one in result["changes"]] == [
        ("Ada", True, {"then": 3, "now": 2}),
        ("Zoë", False, {"then": 0, "now": 1}),
    ]
    await get(client, f"{PROGRAMS}/results/nothing", 404)


async def test_campaigns_are_listed_and_have_a_board(client: httpx.AsyncClient) -> None:
    (campaign,) = (await get(client, "/api/v1/campaigns"))["campaigns"]
    assert (campaign["campaign"], [one["slug"] for one in campaign["programs"]]) == ("autumn", ["wir"])
    assert campaign["unlisted_programs"] == 1
    board = await get(client, "/api/v1/campaigns/autumn/leaderboard?metric=edits")
    assert [one["user"] for one in board["standings"]] == ["Ada", "Ben"]
    wikitext = await client.get("/api/v1/campaigns/autumn/leaderboard?format=wikitext")
    assert "|+ autumn" in wikitext.text
    await get(client, "/api/v1/campaigns/spring/leaderboard", 404)


@pytest.mark.parametrize("path", [PROGRAMS, f"{PROGRAMS}/statistics", f"{PROGRAMS}/results", f"{PROGRAMS}/results/x"])
async def test_what_may_not_be_seen_is_not_found(client: httpx.AsyncClient, boards: MemoryBoards, path: str) -> None:
    boards.hide()
    await get(client, path, 404)
    boards.away = True
    await get(client, path, 503)


async def test_a_pseudonym_is_no_link_to_anybodys_page(boards: MemoryBoards) -> None:
    boards.put(replace(standing("Participant 2", 9), hidden=True))
    board = await boards.board("wir", Metric.EDITS)
    assert board is not None
    text = board_wikitext(board)
    assert "User:Participant" not in text
    assert "| 1 || Participant 2 ||" in text


async def test_the_page_shows_goals_special_numbers_and_results(
    client: httpx.AsyncClient, boards: MemoryBoards
) -> None:
    page = (await client.get("/programs/wir")).text
    assert "Goal:" not in page
    assert "?metric=uploads" not in page
    boards.listed = [replace(PROGRAM, goals=(("edits", 8), ("new_editors", 5)))]
    boards.freeze("half time")
    page = (await client.get("/programs/wir?metric=uploads")).text
    assert "Goal: Edits" in page
    assert '<span data-total="edits">6</span> of 8' in page
    assert "?metric=uploads" in page
    assert 'href="/api/v1/programs/wir/results/half%20time"' in page
