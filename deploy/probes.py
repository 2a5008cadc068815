"""Metrics and health over HTTP, of a process that serves nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.app import Health


def probes(metrics_text: Callable[[], bytes], health: Callable[[], Awaitable[Health]], version: str) -> Starlette:
    """An app that answers `/metrics` and `/health` as `wikitally run` does."""

    async def metrics(_: Request) -> Response:
        return Response(metrics_text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def healthy(_: Request) -> Response:
        state = await health()
        return JSONResponse(asdict(state) | {"version": version}, status_code=200 if state.ok else 503)

    return Starlette(routes=[Route("/metrics", metrics), Route("/health", healthy)])
