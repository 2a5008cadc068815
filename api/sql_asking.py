"""A request to the SQL gateway, read: the statement, its parameters, what the answer shall look like."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

from starlette.requests import Request

from processors.errors import SqlRefused
from processors.sql.settings import check_format, check_setting
from processors.sql.text import LONGEST

LARGEST_BODY = 4 * LONGEST
_LARGEST_PARAMETERS = 256 * 1024
_IGNORED = frozenset(
    """
    add_http_cors_header buffer_size cancel_http_readonly_queries_on_client_close client_protocol_version
    http_headers_progress_interval_ms password quota_key readonly session_check session_id session_timeout user
    """.split()  # noqa: SIM905 -- as it reads
)
"""What clients send that changes nothing here: there are no sessions, and nobody can be more than a reader."""
_COMPRESSION = frozenset({"compress"})
_QUERY_ID = re.compile(r"[\w:.-]{1,128}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants."""

    text: str
    parameters: Mapping[str, str]
    """Settings and `param_…`, checked, as they are sent on."""
    format: str | None


async def read_asked(request: Request, database: str) -> Asked:
    """What the request asks.

    Raises:
        SqlRefused: it is too large, or wants what others may not have.
    """
    given = dict(request.query_params)
    body = _plain(await _body(request), request.headers.get("content-encoding", "identity").lower())
    kind = request.headers.get("content-type", "")
    if kind.lower().startswith("multipart/form-data"):
        form = _form(body, kind)
        body = form.pop("query", "").encode()
        given |= form
    try:
        text = "\n".join(part for part in (given.pop("query", ""), body.decode()) if part)
    except UnicodeDecodeError:
        raise SqlRefused("unreadable", "a statement is written in UTF-8") from None
    wanted = given.pop("database", "") or request.headers.get("x-clickhouse-database", "")
    if wanted not in ("", "default", database):
        raise SqlRefused("table", f"only the database {database} is for reading, not {wanted[:60]}", code=81)
    form_wanted = request.headers.get("x-clickhouse-format") or given.get("default_format")
    given.pop("default_format", None)
    return Asked(text, _parameters(given), form_wanted)


def _parameters(given: Mapping[str, str]) -> dict[str, str]:
    kept: dict[str, str] = {}
    for name, value in given.items():
        if name in _IGNORED or (name == "query_id" and not value):
            continue
        if name.startswith("param_"):
            if not re.fullmatch(r"\w{1,100}", name, re.ASCII):
                raise SqlRefused("parameter", "the name of a parameter is a plain word")
        elif name == "query_id":
            if not _QUERY_ID.fullmatch(value):
                raise SqlRefused("parameter", "a query_id is made of letters, digits and .:-")
        elif name in _COMPRESSION:
            if value not in ("0", "1"):
                raise SqlRefused("setting", f"{name} is 0 or 1")
        else:
            check_setting(name, value)
        kept[name] = value
    if sum(len(name) + len(value) for name, value in kept.items()) > _LARGEST_PARAMETERS:
        raise SqlRefused("length", f"all parameters have at most {_LARGEST_PARAMETERS} characters together")
    return kept


def format_of(asked: Asked, in_text: str | None) -> str:
    """The format of the answer.

    Raises:
        SqlRefused: it is none of those that do nothing else.
    """
    name = in_text or asked.format or "TabSeparated"
    check_format(name)
    return name


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST_BODY:
            raise SqlRefused("length", f"a request has at most {LARGEST_BODY} bytes")
        parts.append(chunk)
    return b"".join(parts)


def _plain(body: bytes, encoding: str) -> bytes:
    if encoding in ("", "identity") or not body:
        return body
    if encoding not in ("gzip", "deflate"):
        raise SqlRefused("encoding", f"a request comes plain or with gzip, not with {encoding[:30]}")
    reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        plain = reader.decompress(body, LARGEST_BODY + 1)
    except zlib.error:
        raise SqlRefused("encoding", f"the request is no {encoding}") from None
    if len(plain) > LARGEST_BODY:
        raise SqlRefused("length", f"a request has at most {LARGEST_BODY} bytes")
    return plain


def _form(body: bytes, kind: str) -> dict[str, str]:
    """The fields of a form; a file is an external table, which would be written somewhere."""
    whole = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    fields: dict[str, str] = {}
    for part in whole.get_payload() if whole.is_multipart() else []:
        assert isinstance(part, Message)
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(payload, bytes) or part.get_filename() is not None:
            raise SqlRefused("external_table", "tables cannot be sent along")
        fields[name] = payload.decode("utf-8", "replace")
    return fields
