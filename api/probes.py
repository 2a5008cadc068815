"""`/health` and `/metrics`: of the whole site, and of processes that serve nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from api.render import freshness_json
from processors.errors import StoreUnavailable
from processors.ports.boards import Freshness

_Result = TypeVar("_Result")

LONGEST_SECONDS = 3.0
"""How long `/health` waits for the store: the shipped probes wait 4 or 5 seconds for `/health`."""
AWAY = "the store does not answer"
UNKNOWN = Freshness(None, None, 0)
"""Of a store that does not answer."""


@dataclass(frozen=True, slots=True)
class Health:
    """Whether this process does its work; `detail` says what it waits for."""

    ok: bool
    detail: str = ""
    freshness: Freshness | None = None
    """Of the answers that it gives; None: it gives none."""


class Look(Generic[_Result]):
    """Looks at the store for whoever asks, and lets nobody wait longer than `LONGEST_SECONDS`.

    A call that takes longer goes on, and nobody begins another one meanwhile: they wait for the same.
    """

    def __init__(self, call: Callable[[], Awaitable[_Result]]) -> None:
        self._call = call
        self._calling: asyncio.Future[_Result] | None = None

    async def __call__(self) -> tuple[_Result | None, str]:
        """What the call gives, and nothing; or None, and what is wrong."""
        if self._calling is None or self._calling.done():
            self._calling = asyncio.ensure_future(self._call())
            self._calling.add_done_callback(_noted)
        calling = self._calling
        done, _ = await asyncio.wait([calling], timeout=LONGEST_SECONDS)
        if not done:
            return None, f"{AWAY} within {LONGEST_SECONDS:g} seconds"
        try:
            return calling.result(), ""
        except StoreUnavailable:
            return None, AWAY


def _noted(calling: asyncio.Future[Any]) -> None:
    """Take the error of a call that nobody waits for any more: asyncio would log it."""
    if not calling.cancelled():
        calling.exception()


def health_answer(state: Health, version: str) -> JSONResponse:
    """200 or 503, with what there is to say."""
    answer: dict[str, Any] = {"ok": state.ok, "detail": state.detail, "version": version}
    if state.freshness is not None:
        answer |= freshness_json(state.freshness)
    return JSONResponse(answer, status_code=200 if state.ok else 503)


def metrics_answer(text: bytes) -> Response:
    """In Prometheus' format."""
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def probes(
    metrics_text: Callable[[], bytes],
    health: Callable[[], Awaitable[Health]],
    version: str,
    otherwise: ASGIApp | None = None,
) -> Starlette:
    """An app that answers `/metrics` and `/health`; `otherwise` is what is at all other addresses."""

    async def metrics(_: Request) -> Response:
        return metrics_answer(metrics_text())

    async def healthy(_: Request) -> Response:
        return health_answer(await health(), version)

    rest = [Mount("/", otherwise)] if otherwise is not None else []
    return Starlette(routes=[Route("/metrics", metrics), Route("/health", healthy), *rest])
