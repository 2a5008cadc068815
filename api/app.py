"""The HTTP side: pages for people, JSON for programs, all of it read-only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.live import Live, LiveResponse
from api.models import HealthAnswer, LeaderboardAnswer, ProblemAnswer, ProgramsAnswer
from api.pages import Pages
from api.render import board_csv, board_json, board_wikitext, freshness_headers, freshness_json, program_json
from processors.errors import StoreUnavailable
from processors.ports import Board, Boards, Metric

_RETRY_AFTER = "5"
_HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        b"base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)


class Format(StrEnum):
    JSON = "json"
    CSV = "csv"
    WIKITEXT = "wikitext"


@dataclass(frozen=True, slots=True)
class Health:
    """Whether this process does its work; `detail` says what it waits for."""

    ok: bool
    detail: str = ""


_MetricQuery = Annotated[Metric, Query(description="what the board is ranked by")]
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    404: {"model": ProblemAnswer, "description": "no such program, or a private one"},
    422: {"model": ProblemAnswer, "description": "a parameter breaks a rule"},
    503: {"model": ProblemAnswer, "description": "the store is away; try again"},
}


def create_app(
    boards: Boards,
    live: Live,
    *,
    metrics_text: Callable[[], bytes],
    health: Callable[[], Awaitable[Health]],
    version: str,
) -> ASGIApp:
    """The whole site over a read side."""
    app = FastAPI(
        title="wikitally",
        version=version,
        summary="Live statistics for Wikimedia edit-a-thons.",
        docs_url=None,
        redoc_url=None,
        license_info={"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
    )
    pages = Pages()
    app.mount("/static", StaticFiles(directory=Path(str(resources.files("api").joinpath("static")))), name="static")
    _handle_errors(app)

    def not_found(slug: str) -> HTTPException:
        return HTTPException(404, f"There is no program {slug!r}.")

    async def found(slug: str, metric: Metric, limit: int | None = None) -> Board:
        board = await boards.board(slug, metric, limit)
        if board is None:
            raise not_found(slug)
        return board

    @app.get("/", include_in_schema=False)
    async def index() -> HTMLResponse:
        return HTMLResponse(pages.index(await boards.programs(), await boards.freshness()))

    @app.get("/programs/{slug}", include_in_schema=False)
    async def page(slug: str, metric: Metric = Metric.BYTES_ADDED) -> HTMLResponse:
        return HTMLResponse(pages.board(await found(slug, metric)))

    @app.get("/api/v1/programs", tags=["programs"], response_model=ProgramsAnswer, responses={503: _PROBLEMS[503]})
    async def programs() -> dict[str, Any]:
        """Public programs, the newest start first."""
        listed = [program_json(program) for program in await boards.programs()]
        return {"programs": listed, **freshness_json(await boards.freshness())}

    @app.get(
        "/api/v1/programs/{slug}/leaderboard",
        tags=["programs"],
        response_model=LeaderboardAnswer,
        responses={200: {"content": {"text/csv": {}, "text/plain": {}}}, **_PROBLEMS},
    )
    async def leaderboard(
        slug: str,
        metric: _MetricQuery = Metric.BYTES_ADDED,
        limit: Annotated[int | None, Query(ge=1, le=100_000, description="only the first so many")] = None,
        format: Annotated[Format, Query(description="how to answer")] = Format.JSON,
    ) -> Any:
        """Standings by a metric. Equal values share a rank and the next one is skipped (1, 2, 2, 4).

        CSV and wikitext say how fresh they are in the headers Wikitally-As-Of, -Lag-Seconds and -Gaps.
        """
        board = await found(slug, metric, limit)
        fresh = freshness_headers(board.freshness)
        if format is Format.CSV:
            return PlainTextResponse(board_csv(board), headers=fresh, media_type="text/csv; charset=utf-8")
        if format is Format.WIKITEXT:
            return PlainTextResponse(board_wikitext(board), headers=fresh)
        return board_json(board)

    @app.get(
        "/api/v1/programs/{slug}/live",
        tags=["programs"],
        response_class=Response,
        responses={
            200: {
                "content": {"text/event-stream": {}},
                "description": "events `board` (as the leaderboard), `stale`, `gone`",
            },
            **_PROBLEMS,
        },
    )
    async def follow(slug: str, metric: _MetricQuery = Metric.BYTES_ADDED) -> Response:
        """The leaderboard again and again as it changes, at most four times a second."""
        if not await live.exists(slug, metric):
            raise not_found(slug)
        return LiveResponse(live, slug, metric)

    @app.get("/health", tags=["operation"], response_model=HealthAnswer, responses={503: {"model": HealthAnswer}})
    async def healthy() -> JSONResponse:
        """Whether this process does its work."""
        state = await health()
        answer: dict[str, Any] = asdict(state) | {"version": version}
        try:
            answer |= freshness_json(await boards.freshness())
        except StoreUnavailable:
            answer |= {
                "ok": False,
                "detail": "the store does not answer",
                "as_of": None,
                "lag_seconds": None,
                "gaps": 0,
            }
        return JSONResponse(answer, status_code=200 if answer["ok"] else 503)

    @app.get("/metrics", tags=["operation"], response_class=PlainTextResponse)
    async def metrics() -> PlainTextResponse:
        """Prometheus metrics."""
        return PlainTextResponse(metrics_text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return _SecurityHeaders(app)


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(StoreUnavailable)
    async def away(request: Request, error: StoreUnavailable) -> Response:
        return _problem(
            503, "Store unavailable", "The store does not answer; try again.", {"Retry-After": _RETRY_AFTER}
        )

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        detail = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors())
        return _problem(422, "Invalid parameter", detail)

    @app.exception_handler(StarletteHTTPException)
    async def refused(request: Request, error: StarletteHTTPException) -> Response:
        titles = {404: "Not found", 405: "Method not allowed"}
        return _problem(error.status_code, titles.get(error.status_code, "Error"), str(error.detail), error.headers)


def _problem(status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """RFC 9457."""
    return JSONResponse(
        {"type": "about:blank", "title": title, "status": status, "detail": detail},
        status_code=status,
        headers=headers,
        media_type="application/problem+json",
    )


class _SecurityHeaders:
    """Adds what every answer says to browsers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await self._app(scope, receive, send_with_headers)
