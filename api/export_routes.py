"""Everything in the books of a program, as a file of any size, for whoever may see it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from api.auth import Access, Refusal, Seen, no_program
from api.models import ProblemAnswer
from api.render import freshness_headers
from processors.ports.boards import Boards
from processors.ports.exports import ExportFormat, Exports

_AT_ONCE = 2
"""Exports that are sent at the same time; more are told to come back."""
_KINDS = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.TSV: "text/tab-separated-values; charset=utf-8",
    ExportFormat.JSON: "application/x-ndjson",
    ExportFormat.PARQUET: "application/vnd.apache.parquet",
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind.partition(";")[0]: {} for kind in _KINDS.values()}},
    404: {"model": ProblemAnswer, "description": "no such program, or a private one"},
    503: {"model": ProblemAnswer, "description": "the store is away or busy; try again"},
}


def router(exports: Exports, boards: Boards, access: Access) -> APIRouter:
    """The route. A private program is there for those whose token says so, and for nobody else."""
    api = APIRouter(prefix="/api/v1")
    places = asyncio.Semaphore(_AT_ONCE)
    mine = access.seen(boards)

    @api.get("/programs/{slug}/contributions", tags=["boards"], response_class=StreamingResponse, responses=_ANSWERS)
    async def contributions(
        slug: str,
        format: Annotated[ExportFormat, Query(description="how to answer")] = ExportFormat.CSV,
        seen: Seen[Boards] = mine,
    ) -> StreamingResponse:
        """Every edit and upload in a program's books, with its verdict; not of those who hide their names."""
        view = await seen.port.program(slug)
        if view is None:
            raise no_program(slug)
        if places.locked():
            raise Refusal(503, "busy", "Others export at this moment; try again.", {"Retry-After": "5"})
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(places)
            body = await stack.enter_async_context(exports.contributions(slug, seen.visibilities, format))
            held = stack.pop_all()
        headers = freshness_headers(view.freshness)
        name = f"attachment; filename*=UTF-8''{quote(f'{slug}.{format}', safe='')}"
        headers["Content-Disposition"] = name
        return StreamingResponse(_sent(body, held), media_type=_KINDS[format], headers=headers)

    return api


async def _sent(body: AsyncIterator[bytes], held: AsyncExitStack) -> AsyncIterator[bytes]:
    """The body; with its end, or when its reader goes away, its place is free again."""
    async with held:
        async for chunk in body:
            yield chunk
