"""The HTTP side: pages for people, JSON for programs. Only with a token can anything be decided."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import board_routes
from api.alert_routes import router as alert_router
from api.auth import Access, Refusal, no_program
from api.export_routes import router as export_router
from api.feed_routes import router as feed_router
from api.live import Live
from api.models import HealthAnswer
from api.pages import ALERTS, Pages
from api.probes import UNKNOWN, Health, Look, health_answer, metrics_answer
from api.program_bodies import problem
from api.program_routes import router as program_router
from api.webhook_routes import router as webhook_router
from api.why_routes import router as why_router
from processors.errors import InvalidInput, StoreUnavailable
from processors.numbers.numbers import Metric
from processors.ports.alerts import AlertFeed, FeedFilter
from processors.ports.boards import Boards
from processors.ports.exports import Exports
from processors.ports.programs import Desk
from processors.ports.webhooks import WebhookDesk
from processors.ports.why import Reasons

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


def create_app(
    boards: Boards,
    live: Live,
    *,
    metrics_text: Callable[[], bytes],
    health: Callable[[], Awaitable[Health]],
    version: str,
    reasons: Reasons | None = None,
    desk: Desk | None = None,
    webhooks: WebhookDesk | None = None,
    feeds: AlertFeed | None = None,
    base_url: str = "",
    sql: ASGIApp | None = None,
    exports: Exports | None = None,
) -> ASGIApp:
    """The whole site over a read side.

    Args:
        reasons: without it, nothing is explained.
        desk: without it, nothing is decided.
        webhooks: without it, or without a desk, nobody can subscribe.
        feeds: without it, there are no alerts.
        base_url: where readers reach this site, for addresses in feeds.
        sql: what is at `/sql`.
        exports: what files of any size come from.
    """
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
    access = Access(desk)
    look = Look(boards.freshness)
    if reasons is not None:
        app.include_router(why_router(reasons, access))
    if desk is not None:
        app.include_router(program_router(desk))
    if desk is not None and webhooks is not None:
        app.include_router(webhook_router(desk, webhooks))
    if feeds is not None:
        app.include_router(feed_router(feeds, access, base_url))
        app.include_router(alert_router(feeds, access, desk))

    if sql is not None:
        # Clients take one with the slash or without, and follow no redirect with a body.
        app.router.routes.append(Route("/sql", sql, include_in_schema=False))
        app.mount("/sql", sql)
    app.include_router(board_routes.router(boards, live, access))
    if exports is not None:
        app.include_router(export_router(exports, boards, access))

    @app.get("/", include_in_schema=False)
    async def index() -> HTMLResponse:
        return HTMLResponse(pages.index(await boards.programs(), await boards.freshness()))

    @app.get("/programs/{slug}", include_in_schema=False)
    async def page(slug: str, metric: Metric = Metric.BYTES_ADDED) -> HTMLResponse:
        board, view = await boards.board(slug, metric), await boards.program(slug)
        if board is None or view is None:
            raise no_program(slug)
        alerts = await feeds.of_program(slug, FeedFilter(limit=ALERTS)) if feeds else None
        return HTMLResponse(pages.board(board, view.results, alerts))

    @app.get("/health", tags=["operation"], response_model=HealthAnswer, responses={503: {"model": HealthAnswer}})
    async def healthy() -> JSONResponse:
        """Whether this process does its work."""
        state, (fresh, wrong) = await health(), await look()
        if fresh is None:
            state, fresh = Health(ok=False, detail=wrong), UNKNOWN
        return health_answer(replace(state, freshness=fresh), version)

    @app.get("/metrics", tags=["operation"], response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Prometheus metrics."""
        return metrics_answer(metrics_text())

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

    @app.exception_handler(InvalidInput)
    async def refused_input(request: Request, error: InvalidInput) -> Response:
        return _problem(422, "Invalid parameter", str(error))

    @app.exception_handler(Refusal)
    async def refused_to_viewer(request: Request, error: Refusal) -> Response:
        return problem(error)

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
