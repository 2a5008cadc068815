"""Pages, JSON, CSV and wikitext: every route, every error."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse

from api.app import create_app
from api.live import Live
from api.probes import Health
from processors.metrics import NoMetrics
from processors.ports.boards import Freshness
from tests.boards import MemoryBoards, standing

STATE = {"health": Health(True)}


@pytest.fixture
def boards() -> MemoryBoards:
    return MemoryBoards(standing("Ben", 3, 40), standing("Ada", 3, 70), standing("Zoë", 1, 40))


@pytest.fixture
async def client(boards: MemoryBoards) -> AsyncIterator[httpx.AsyncClient]:
    async def health() -> Health:
        return STATE["health"]

    STATE["health"] = Health(True)
    live = Live(boards, metrics=NoMetrics())
    app = create_app(boards, live, metrics_text=lambda: b"wikitally_x 1\n", health=health, version="9.9")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


@pytest.mark.parametrize("path", ["/sql", "/sql/", "/sql/ping"])
async def test_sql_is_asked_with_the_slash_or_without(boards: MemoryBoards, path: str) -> None:
    async def health() -> Health:
        return Health(True)

    app = create_app(
        boards,
        Live(boards, metrics=NoMetrics()),
        metrics_text=lambda: b"",
        health=health,
        version="9.9",
        sql=PlainTextResponse("from sql"),
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.post(path, content="SELECT 1")
        assert (answer.status_code, answer.text) == (200, "from sql")
        assert (await client.get("/health")).status_code == 200


BOARD = "/api/v1/programs/wir/leaderboard"
FRESH = {"as_of": "2026-11-24T14:00:00Z", "lag_seconds": 1.25, "gaps": 0}


async def get(client: httpx.AsyncClient, path: str, status: int = 200) -> Any:
    answer = await client.get(path)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_leaderboard_is_ranked_with_ties(client: httpx.AsyncClient) -> None:
    board = await get(client, f"{BOARD}?metric=edits")
    assert [(one["rank"], one["user"], one["team"]) for one in board["standings"]] == [
        (1, "Ada", "blue"),
        (1, "Ben", ""),
        (3, "Zoë", ""),
    ]
    assert board | FRESH == board
    assert (board["program"], board["title"], board["metric"]) == ("wir", "Women in <Red> & more", "edits")
    assert board["totals"]["bytes_net"] == 150 - 15
    assert set(board["standings"][0]) == {
        "rank", "user", "hidden", "team", "edits", "bytes_added", "bytes_removed", "bytes_net", "bytes_absolute",
        "articles_created", "articles_edited", "uploads", "reverted", "wikidata_actions", "pages_proofread",
        "pages_validated", "points", "last_edit_at",
    }  # fmt: skip


async def test_a_limit_cuts_the_lines_and_not_the_totals(client: httpx.AsyncClient) -> None:
    board = await get(client, f"{BOARD}?limit=1")
    assert [one["user"] for one in board["standings"]] == ["Ada"]
    assert board["totals"]["editors"] == 3


async def test_programs_are_listed(client: httpx.AsyncClient) -> None:
    listed = await get(client, "/api/v1/programs")
    assert listed | FRESH == listed
    (program,) = listed["programs"]
    assert program["slug"] == "wir"
    assert program["sessions"][0]["start"] == "2026-11-24T14:00:00Z"


async def test_what_is_not_there_or_private_is_not_found(client: httpx.AsyncClient, boards: MemoryBoards) -> None:
    boards.hide()
    for path in (BOARD, "/programs/wir", "/api/v1/programs/wir/live", "/nowhere"):
        problem = await get(client, path, 404)
        assert problem["title"] == "Not found"


@pytest.mark.parametrize("query", ["metric=nonsense", "limit=0", "limit=x", "format=xml"])
async def test_a_parameter_that_breaks_a_rule_is_named(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"{BOARD}?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith(query.partition("=")[0])


async def test_a_store_that_is_away_is_told_with_when_to_try_again(
    client: httpx.AsyncClient, boards: MemoryBoards
) -> None:
    boards.away = True
    for path in ("/", "/programs/wir", BOARD, "/api/v1/programs", "/api/v1/programs/wir/live"):
        answer = await client.get(path)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert "gone" not in answer.text


async def test_health_says_what_it_waits_for(client: httpx.AsyncClient, boards: MemoryBoards) -> None:
    assert await get(client, "/health") == {"ok": True, "detail": "", "version": "9.9", **FRESH}
    STATE["health"] = Health(False, "the store does not answer")
    assert (await get(client, "/health", 503))["detail"] == "the store does not answer"
    STATE["health"] = Health(True)
    boards.away = True
    assert (await get(client, "/health", 503))["as_of"] is None


async def test_metrics_are_in_prometheus_format(client: httpx.AsyncClient) -> None:
    answer = await client.get("/metrics")
    assert answer.text == "wikitally_x 1\n"
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


async def test_openapi_describes_every_answer(client: httpx.AsyncClient) -> None:
    described = await get(client, "/openapi.json")
    assert set(described["paths"]) == {
        "/api/v1/programs", "/api/v1/programs/{slug}", BOARD.replace("wir", "{slug}"), "/api/v1/programs/{slug}/live",
        "/api/v1/programs/{slug}/statistics", "/api/v1/programs/{slug}/results",
        "/api/v1/programs/{slug}/results/{name}", "/api/v1/campaigns", "/api/v1/campaigns/{slug}/leaderboard",
        "/health", "/metrics",
    }  # fmt: skip
    board = described["components"]["schemas"]["LeaderboardAnswer"]["properties"]
    assert {"as_of", "lag_seconds", "gaps", "standings", "totals"} <= set(board)


async def test_csv_opens_in_a_spreadsheet_without_running_anything(
    client: httpx.AsyncClient, boards: MemoryBoards
) -> None:
    boards.put(standing('=HYPERLINK("x")', 9, 900))
    answer = await client.get(f"{BOARD}?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["user"] for row in rows] == ['\'=HYPERLINK("x")', "Ada", "Ben", "Zoë"]
    assert rows[1]["team"] == "blue"


async def test_wikitext_keeps_names_from_being_markup(client: httpx.AsyncClient, boards: MemoryBoards) -> None:
    boards.put(standing("{{Foo}}|'''x''' <b>", 9, 900))
    text = (await client.get(f"{BOARD}?format=wikitext")).text
    assert "{{" not in text
    assert "<b>" not in text
    assert "'''" not in text
    assert "[[User:Ada|Ada]]" in text
    assert text.startswith("{|")


async def test_pages_escape_what_people_wrote(client: httpx.AsyncClient, boards: MemoryBoards) -> None:
    boards.put(standing("<script>alert(1)</script>", 9, 900))
    page = (await client.get("/programs/wir")).text
    assert "<script>alert" not in page
    assert "Women in &lt;Red&gt; &amp; more" in page
    assert "24 November 2026, 15:00–18:00 Europe/Paris" in page


async def test_pages_show_the_board_without_scripts(client: httpx.AsyncClient) -> None:
    page = (await client.get("/programs/wir?metric=edits")).text
    assert page.index("<bdi>Ada</bdi>") < page.index("<bdi>Ben</bdi>") < page.index("<bdi>Zoë</bdi>")
    assert 'href="?metric=edits" aria-current="page"' in page
    assert "no gaps" in page


async def test_an_empty_board_says_what_to_expect(client: httpx.AsyncClient, boards: MemoryBoards) -> None:
    boards.standings.clear()
    boards.fresh = Freshness(None, None, 2)
    page = (await client.get("/programs/wir")).text
    assert "No edits have counted yet." in page
    assert "Nothing has been read from the stream yet." in page


async def test_an_empty_board_says_why_it_is_empty(client: httpx.AsyncClient, boards: MemoryBoards) -> None:
    boards.standings.clear()
    boards.quiet = ("0 of 2 participants have edited since the start.", "“<b>” is not in scope.")
    page = (await client.get("/programs/wir")).text
    assert "<li>0 of 2 participants have edited since the start.</li>" in page
    assert "<li>“&lt;b&gt;” is not in scope.</li>" in page
    assert (await get(client, BOARD))["quiet"] == list(boards.quiet)


async def test_the_index_lists_programs_or_says_how_to_add_one(client: httpx.AsyncClient, boards: MemoryBoards) -> None:
    assert 'href="/programs/wir"' in (await client.get("/")).text
    boards.hide()
    assert "wikitally programs apply" in (await client.get("/")).text


@pytest.mark.parametrize("path", ["/", "/programs/wir", BOARD, "/static/board.js", "/nowhere", "/health"])
async def test_browsers_are_told_to_run_nothing_but_ours(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


async def test_static_files_are_there(client: httpx.AsyncClient) -> None:
    for name in ("board.js", "board.css", "icon.svg"):
        assert (await client.get(f"/static/{name}")).status_code == 200
