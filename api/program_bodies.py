"""Definitions and lists as they come in requests, and errors as they go out (RFC 9457)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute

from api.auth import Refusal
from processors.errors import Conflict, EnrolmentRefused, InvalidInput, InvalidPrograms
from processors.programs.definitions import Written, parse_documents

MOST_BYTES = 4 * 1024 * 1024
_YAML = frozenset({"", "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain"})
_TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    409: "Conflict",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Unknown media type",
    422: "Invalid input",
    428: "Version needed",
}
_ENROLMENT = {"no_such_program": 404, "private": 403, "invalid_user": 422}


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().casefold()


async def read_text(request: Request) -> str:
    """The body as text.

    Raises:
        Refusal: it is too large, or no UTF-8.
    """
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MOST_BYTES:
            raise Refusal(413, "too_large", f"The body is larger than {MOST_BYTES:,} bytes.")
        chunks.append(chunk)
    try:
        return b"".join(chunks).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(400, "not_utf8", f"The body is not UTF-8 from byte {error.start} on.") from error


async def read_definitions(request: Request) -> list[Written]:
    """The programs of a body: YAML, or JSON.

    Raises:
        InvalidPrograms: every broken rule of them.
        Refusal: it is neither, or holds none.
    """
    kind = _media_type(request)
    text = await read_text(request)
    if kind == "application/json" or kind.endswith("+json"):
        try:
            # Without the escapes of JSON it is YAML.
            text = orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()
        except (orjson.JSONDecodeError, orjson.JSONEncodeError) as error:
            raise Refusal(400, "not_json", f"The body is no JSON: {error}.") from error
    elif kind not in _YAML:
        raise Refusal(415, "media_type", "A program is sent as application/yaml or application/json.")
    written = parse_documents(text, source="body")
    if not written:
        raise Refusal(422, "invalid_definition", "The body holds no program.")
    return written


async def read_definition(request: Request, slug: str) -> Written:
    """The one program of a body, of that slug; else as `read_definitions`."""
    written = await read_definitions(request)
    if len(written) > 1:
        raise Refusal(422, "invalid_definition", f"The body holds {len(written)} programs; here it is one.")
    if written[0].program.slug != slug:
        raise Refusal(422, "other_slug", f"The body is of {written[0].program.slug}, and the address of {slug}.")
    return written[0]


def read_version(request: Request) -> int:
    """The version that `If-Match` names.

    Raises:
        Refusal: there is none.
    """
    given = request.headers.get("if-match", "").strip()
    number = given.removeprefix("W/").strip('"')
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        detail = 'Say which version the text was made from: If-Match: "7". The definition carries it as its ETag.'
        raise Refusal(428, "version_needed", detail)
    return int(number)


def etag(version: int) -> dict[str, str]:
    """The header that names a version."""
    return {"ETag": f'"{version}"'}


class ProgramRoute(APIRoute):
    """A route whose refusals carry a `code`, and every problem of a definition with its path."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except Refusal as error:
                return problem(error)
            except InvalidInput as error:
                return problem(_translated(error, request))

        return handle


def _translated(error: InvalidInput, request: Request) -> Refusal:
    match error:
        case InvalidPrograms():
            problems = [{"path": one.path, "message": one.message} for one in error.problems]
            detail = f"{len(problems)} {'rule is' if len(problems) == 1 else 'rules are'} broken; nothing was applied."
            return Refusal(422, "invalid_definition", detail, more={"problems": problems})
        case Conflict():
            return Refusal(412 if "if-match" in request.headers else 409, "conflict", str(error))
        case EnrolmentRefused():
            return Refusal(_ENROLMENT.get(error.code, 409), error.code, str(error))
    return Refusal(422, "refused", str(error))


def problem(error: Refusal) -> JSONResponse:
    """The answer that a refusal is."""
    status = error.status_code
    members: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES.get(status, "Error"),
        "status": status,
        "detail": error.detail,
        "code": error.code,
    }
    return JSONResponse(
        members | dict(error.more), status, headers=error.headers, media_type="application/problem+json"
    )
