"""Boards, statistics, frozen results and campaigns over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import PlainTextResponse, Response
from pydantic import AwareDatetime

from api.auth import Access, Seen
from api.live import Followed, Live, LiveResponse
from api.models import (
    CampaignBoardAnswer,
    CampaignsAnswer,
    ComparisonAnswer,
    LeaderboardAnswer,
    ProblemAnswer,
    ProgramsAnswer,
    ProgramViewAnswer,
    ResultsAnswer,
    StatisticsAnswer,
)
from api.render import board_csv, board_json, board_wikitext, freshness_headers, freshness_json, program_json
from api.statistics_render import (
    campaign_board_json,
    campaigns_json,
    comparison_json,
    program_view_json,
    result_json,
    statistics_csv,
    statistics_json,
)
from processors.numbers.numbers import By, Division, Metric
from processors.ports.boards import Board, Boards, CampaignBoard, Moment

_EARLIEST = datetime(2001, 1, 1, tzinfo=UTC)
_LONGEST = 60 * 24 * 366


class Format(StrEnum):
    JSON = "json"
    CSV = "csv"
    WIKITEXT = "wikitext"


class TableFormat(StrEnum):
    JSON = "json"
    CSV = "csv"


MetricQuery = Annotated[Metric, Query(description="what the board is ranked by")]
_Limit = Annotated[int | None, Query(ge=1, le=100_000, description="only the first so many")]
_By = Annotated[By, Query(description="what a line stands for")]
_Format = Annotated[Format, Query(description="how to answer")]
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    404: {"model": ProblemAnswer, "description": "no such program, or a private one"},
    422: {"model": ProblemAnswer, "description": "a parameter breaks a rule"},
    503: {"model": ProblemAnswer, "description": "the store is away; try again"},
}
_FORMATS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}, "text/plain": {}}},
    **_PROBLEMS,
}


def _time(
    as_of: Annotated[
        AwareDatetime | None,
        Query(ge=_EARLIEST, description="as it was known then, by the program as it was: 2026-11-08T17:00Z"),
    ] = None,
    last_minutes: Annotated[
        int | None, Query(ge=1, le=_LONGEST, description="only so many minutes before the watermark, or before as_of")
    ] = None,
) -> Moment:
    return Moment(as_of, None, last_minutes)


def _moment(
    time: Annotated[Moment, Depends(_time)],
    session: Annotated[
        str | None, Query(min_length=1, max_length=200, description="only a session: its number from 1 on, or title")
    ] = None,
) -> Moment:
    return Moment(time.as_of, session, time.last_minutes)


_Time = Annotated[Moment, Depends(_time)]
_Moment = Annotated[Moment, Depends(_moment)]


def router(boards: Boards, live: Live, access: Access) -> APIRouter:
    """The routes of the read side. Private programs are there for those whose token says so."""
    api = APIRouter(prefix="/api/v1")
    mine = access.seen(boards)
    _programs(api, boards, mine)
    _leaderboards(api, live, mine)
    _results(api, mine)
    _campaigns(api, boards)
    return api


def _formatted(board: Board | CampaignBoard, form: Format, as_json: Any) -> Any:
    fresh = freshness_headers(board.freshness)
    if form is Format.CSV:
        return PlainTextResponse(board_csv(board), headers=fresh, media_type="text/csv; charset=utf-8")
    if form is Format.WIKITEXT:
        return PlainTextResponse(board_wikitext(board), headers=fresh)
    return as_json


def _programs(api: APIRouter, boards: Boards, mine: Any) -> None:
    @api.get("/programs", tags=["programs"], response_model=ProgramsAnswer, responses={503: _PROBLEMS[503]})
    async def programs() -> dict[str, Any]:
        """Public programs, the newest start first."""
        listed = [program_json(program) for program in await boards.programs()]
        return {"programs": listed, **freshness_json(await boards.freshness())}

    @api.get("/programs/{slug}", tags=["programs"], response_model=ProgramViewAnswer, responses=_PROBLEMS)
    async def program(slug: str, seen: Seen[Boards] = mine) -> dict[str, Any]:
        """What counts for a program. Its participants are counted, not named."""
        view = await seen.port.program(slug)
        if view is None:
            raise seen.missing()
        return program_view_json(view)


def _leaderboards(api: APIRouter, live: Live, mine: Any) -> None:
    @api.get(
        "/programs/{slug}/leaderboard",
        tags=["programs"],
        response_model=LeaderboardAnswer,
        response_model_exclude_unset=True,
        responses=_FORMATS,
    )
    async def leaderboard(
        slug: str,
        moment: _Moment,
        metric: MetricQuery = Metric.BYTES_ADDED,
        limit: _Limit = None,
        by: _By = By.USER,
        format: _Format = Format.JSON,
        seen: Seen[Boards] = mine,
    ) -> Any:
        """Standings by a metric. Equal values share a rank and the next one is skipped (1, 2, 2, 4).

        CSV and wikitext say how fresh they are in the headers Wikitally-As-Of, -Lag-Seconds and -Gaps.
        """
        board = await seen.port.board(slug, metric, limit, moment=moment, by=by)
        if board is None:
            raise seen.missing()
        return _formatted(board, format, board_json(board))

    @api.get(
        "/programs/{slug}/live",
        tags=["programs"],
        response_class=Response,
        responses={
            200: {
                "content": {"text/event-stream": {}},
                "description": "events `board` (as the leaderboard), `alert` (as in the feed), `stale`, `gone`",
            },
            **_PROBLEMS,
        },
    )
    async def follow(slug: str, metric: MetricQuery = Metric.BYTES_ADDED, seen: Seen[Boards] = mine) -> Response:
        """The leaderboard again and again as it changes, at most four times a second."""
        followed = Followed(slug, metric, seen.private)
        if not await live.exists(followed):
            raise seen.missing()
        return LiveResponse(live, followed)

    @api.get(
        "/programs/{slug}/statistics",
        tags=["programs"],
        response_model=StatisticsAnswer,
        responses={200: {"content": {"text/csv": {}}}, **_PROBLEMS},
    )
    async def statistics(
        slug: str,
        moment: _Moment,
        by: Annotated[Division, Query(description="what the numbers are broken down by")] = Division.WIKI,
        format: Annotated[TableFormat, Query(description="how to answer")] = TableFormat.JSON,
        seen: Seen[Boards] = mine,
    ) -> Any:
        """The program's numbers in parts. Days and hours are those of its time zone.

        An edit made in several sessions is in each of them.
        """
        found = await seen.port.statistics(slug, by, moment=moment)
        if found is None:
            raise seen.missing()
        if format is TableFormat.CSV:
            headers = freshness_headers(found.freshness)
            return PlainTextResponse(statistics_csv(found), headers=headers, media_type="text/csv; charset=utf-8")
        return statistics_json(found)


def _results(api: APIRouter, mine: Any) -> None:
    @api.get("/programs/{slug}/results", tags=["results"], response_model=ResultsAnswer, responses=_PROBLEMS)
    async def results(slug: str, seen: Seen[Boards] = mine) -> dict[str, Any]:
        """Frozen results, the newest first: what comes later does not change them."""
        found = await seen.port.results(slug)
        if found is None:
            raise seen.missing()
        listed = [result_json(one, full=False) for one in found]
        return {"results": listed, **freshness_json(await seen.port.freshness())}

    @api.get(
        "/programs/{slug}/results/{name}",
        tags=["results"],
        response_model=ComparisonAnswer,
        response_model_exclude_unset=True,
        responses=_PROBLEMS,
    )
    async def result(slug: str, name: str, seen: Seen[Boards] = mine) -> dict[str, Any]:
        """A frozen result, and what is other now."""
        found = await seen.port.comparison(slug, name)
        if found is None:
            raise HTTPException(404, f"There is no result {name!r} of a program {slug!r}.")
        return comparison_json(found)


def _campaigns(api: APIRouter, boards: Boards) -> None:
    @api.get("/campaigns", tags=["campaigns"], response_model=CampaignsAnswer, responses={503: _PROBLEMS[503]})
    async def campaigns() -> dict[str, Any]:
        """Campaigns with a public program."""
        return campaigns_json(await boards.campaigns(), await boards.freshness())

    @api.get(
        "/campaigns/{slug}/leaderboard",
        tags=["campaigns"],
        response_model=CampaignBoardAnswer,
        response_model_exclude_unset=True,
        responses=_FORMATS,
    )
    async def campaign_leaderboard(
        slug: str,
        moment: _Time,
        metric: MetricQuery = Metric.BYTES_ADDED,
        limit: _Limit = None,
        by: _By = By.USER,
        format: _Format = Format.JSON,
    ) -> Any:
        """Standings over all programs of a campaign, private ones left out. What several of them count, counts once."""
        board = await boards.campaign_board(slug, metric, limit, moment=moment, by=by)
        if board is None:
            raise HTTPException(404, f"There is no campaign {slug!r}.")
        return _formatted(board, format, campaign_board_json(board))
