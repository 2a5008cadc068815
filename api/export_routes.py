"""Everything in the books of a public program, as a file of any size."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from api.auth import Refusal, no_program
from api.models import ProblemAnswer
from api.render import freshness_headers
from processors.errors import StoreUnavailable
from processors.ports.boards import Boards
from processors.ports.sql import SqlServer

_AT_ONCE = 2
"""Exports that are sent at the same time; more are told to come back."""
_SECONDS = 60
_ONE = "SELECT count() FROM programs WHERE program = {slug:String}"
_ALL = "SELECT * FROM contributions WHERE program = {slug:String} ORDER BY occurred_at, wiki, kind, rev_id"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n"})


class ExportFormat(StrEnum):
    CSV = "csv"
    TSV = "tsv"
    JSON = "json"
    """One object a line."""
    PARQUET = "parquet"


_FORMATS = {
    ExportFormat.CSV: ("CSVWithNames", "text/csv; charset=utf-8"),
    ExportFormat.TSV: ("TSVWithNames", "text/tab-separated-values; charset=utf-8"),
    ExportFormat.JSON: ("JSONEachRow", "application/x-ndjson"),
    ExportFormat.PARQUET: ("Parquet", "application/vnd.apache.parquet"),
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind.partition(";")[0]: {} for _, kind in _FORMATS.values()}},
    404: {"model": ProblemAnswer, "description": "no such program, or not a public one"},
    503: {"model": ProblemAnswer, "description": "the store is away or busy; try again"},
}


def router(server: SqlServer, boards: Boards) -> APIRouter:
    """The route, over the account that can only read what everybody may see."""
    api = APIRouter(prefix="/api/v1")
    places = asyncio.Semaphore(_AT_ONCE)

    @api.get("/programs/{slug}/contributions", tags=["boards"], response_class=StreamingResponse, responses=_ANSWERS)
    async def contributions(
        slug: str, format: Annotated[ExportFormat, Query(description="how to answer")] = ExportFormat.CSV
    ) -> StreamingResponse:
        """Every edit and upload in a public program's books, with its verdict; not of those who hide their names."""
        fresh = freshness_headers(await boards.freshness())
        if not await _is_public(server, slug):
            raise no_program(slug)
        if places.locked():
            raise Refusal(503, "busy", "Others export at this moment; try again.", {"Retry-After": "5"})
        output, kind = _FORMATS[format]
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(places)
            answer = await stack.enter_async_context(server.ask(_ALL, _parameters(slug, output)))
            if answer.status != 200:
                raise StoreUnavailable("ClickHouse refuses an export")
            held = stack.pop_all()
        name = f"attachment; filename*=UTF-8''{quote(f'{slug}.{format}', safe='')}"
        return StreamingResponse(
            _sent(answer.body, held), media_type=kind, headers={**fresh, "Content-Disposition": name}
        )

    return api


async def _is_public(server: SqlServer, slug: str) -> bool:
    async with server.ask(_ONE, _parameters(slug, "TabSeparated")) as answer:
        body = b"".join([chunk async for chunk in answer.body])
        if answer.status != 200:
            raise StoreUnavailable("ClickHouse does not tell its programs")
    return body.strip() != b"0"


def _parameters(slug: str, output: str) -> dict[str, str]:
    return {"param_slug": slug.translate(_ESCAPES), "default_format": output, "max_execution_time": str(_SECONDS)}


async def _sent(body: AsyncIterator[bytes], held: AsyncExitStack) -> AsyncIterator[bytes]:
    """The body; with its end, or when its reader goes away, its place is free again."""
    async with held:
        async for chunk in body:
            yield chunk
