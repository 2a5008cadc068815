"""SQL for everybody with a token: ClickHouse's HTTP interface, in front of the account that can only read.

A request is read, its statement guarded, then sent on; the answer is passed through as it comes, of any size. Whoever
goes away ends their query.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from api.sql_asking import Asked, format_of, read_asked
from processors.errors import SqlRefused, StoreUnavailable
from processors.metrics import SQL_QUERIES, SQL_SECONDS, Metrics
from processors.ports.sql import SqlServer
from processors.programs.tokens import Token, may_query
from processors.sql.guard import check_tree
from processors.sql.text import Kind, Statement, read_statement

_log = structlog.get_logger()

AT_ONCE = 4
"""Queries of one token at a time; more wait."""
WAIT_SECONDS = 20.0
LONGEST_SECONDS = 30
"""How long a query may take that does not say."""
_NAMES = {
    73: "UNKNOWN_FORMAT",
    81: "UNKNOWN_DATABASE",
    115: "UNKNOWN_SETTING",
    202: "TOO_MANY_SIMULTANEOUS_QUERIES",
    210: "NETWORK_ERROR",
    452: "SETTING_CONSTRAINT_VIOLATION",
    497: "ACCESS_DENIED",
    516: "AUTHENTICATION_FAILED",
}
"""ClickHouse's words for its codes."""


class SqlGateway:
    """An ASGI app.

    Args:
        token: the valid token of a secret.
    """

    def __init__(self, server: SqlServer, token: Callable[[str], Awaitable[Token | None]], metrics: Metrics) -> None:
        self._server = server
        self._token = token
        self._metrics = metrics
        self._slots: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = scope["path"].rstrip("/")
        if path.endswith(("/ping", "/replicas_status")):
            await PlainTextResponse("Ok.\n")(scope, receive, send)
            return
        began, outcome = time.monotonic(), "cancelled"
        try:
            with suppress(ClientDisconnect):
                outcome = await self._take(request, _Reply(send))
        finally:
            self._metrics.count(SQL_QUERIES, outcome=outcome)
            self._metrics.observe(SQL_SECONDS, time.monotonic() - began)

    async def _take(self, request: Request, send: _Reply) -> str:
        """Answer a request; returns what became of it."""
        try:
            token = await self._who(request)
            if token is None:
                await _fail(send, 401, 516, "Send a token: Authorization: Bearer wt_…, or as the password of any user")
                return "unauthorized"
            if not may_query(token):
                await _fail(send, 403, 497, f"The token {token.name!r} is not for SQL: it needs the role analyst")
                return "unauthorized"
            asked = await read_asked(request, self._server.database)
            if not asked.text.strip():
                await PlainTextResponse("Ok.\n")(request.scope, request.receive, send)
                return "answered"
            return await _unless_gone(request, self._answer(token, asked, request, send))
        except SqlRefused as refused:
            _log.info("SQL was refused", rule=refused.rule, why=str(refused)[:200])
            await _fail(send, 403 if refused.code == 497 else 400, refused.code, f"{refused} (rule: {refused.rule})")
            return "refused"
        except StoreUnavailable:
            if send.started:
                raise
            await _fail(send, 503, 210, "The store does not answer; try again", {"Retry-After": "5"})
            return "unavailable"

    async def _who(self, request: Request) -> Token | None:
        secret = _secret(request.headers)
        return await self._token(secret) if secret else None

    async def _answer(self, token: Token, asked: Asked, request: Request, send: _Reply) -> str:
        statement = read_statement(asked.text, self._server.database)
        wanted = format_of(asked, statement.format)
        async with self._slot(token):
            if not await self._guarded(statement, asked, send):
                return "failed"
            parameters = {"max_execution_time": str(LONGEST_SECONDS), "query_id": str(uuid.uuid4()), **asked.parameters}
            parameters["default_format"] = wanted
            encoding = request.headers.get("accept-encoding", "identity")
            parameters["quota_key"] = token.digest[:16]
            async with self._server.ask(statement.sent, parameters, {"Accept-Encoding": encoding}) as answer:
                await _pass_on(send, answer.status, answer.headers, answer.body)
                return "answered" if answer.status == 200 else "failed"

    async def _guarded(self, statement: Statement, asked: Asked, send: _Reply) -> bool:
        """Whether the server can read the statement; what it says against it is passed on.

        Raises:
            SqlRefused: others may not send it.
        """
        if statement.kind is Kind.ABOUT:
            return True
        values = {name: value for name, value in asked.parameters.items() if name.startswith("param_")}
        parameters = {**values, "default_format": "TabSeparatedRaw"}
        async with self._server.ask(f"EXPLAIN AST {statement.text}", parameters) as tree:
            if tree.status != 200:
                await _pass_on(send, tree.status, tree.headers, tree.body)
                return False
            lines = b"".join([chunk async for chunk in tree.body]).decode().removesuffix("\n").split("\n")
        check_tree(
            lines,
            database=self._server.database,
            functions=await self._server.functions(),
            settings=statement.settings,
        )
        return True

    @asynccontextmanager
    async def _slot(self, token: Token) -> AsyncIterator[None]:
        slots = self._slots[token.digest]
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await slots.acquire()
        except TimeoutError:
            raise SqlRefused("at_once", f"at most {AT_ONCE} queries of a token at a time", code=202) from None
        try:
            yield
        finally:
            slots.release()


class _Reply:
    """ASGI's `send`, and whether the answer has begun: one that breaks off then can only be cut."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        self.started = True
        await self._send(message)


def _secret(headers: Mapping[str, str]) -> str:
    """The token's secret, by whichever way of ClickHouse's clients it came."""
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if scheme.casefold() == "bearer":
        return rest.strip()
    if scheme.casefold() == "basic":
        with suppress(binascii.Error, UnicodeDecodeError):
            return base64.b64decode(rest, validate=True).decode().partition(":")[2]
        return ""
    return headers.get("x-clickhouse-key", "")


async def _unless_gone(request: Request, work: Awaitable[str]) -> str:
    """What the work gives; it is ended when the client goes away."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    working, leaving = asyncio.ensure_future(work), asyncio.create_task(gone(), name="client of SQL")
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        return "cancelled"
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.wait({working, leaving})


async def _pass_on(send: Send, status: int, headers: Sequence[tuple[str, str]], body: AsyncIterator[bytes]) -> None:
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    async for chunk in body:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _fail(send: Send, status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> None:
    """An error in ClickHouse's shape."""
    more = {"X-ClickHouse-Exception-Code": str(code), **(headers or {})}
    if status == 401:
        more["WWW-Authenticate"] = 'Basic realm="wikitally"'
    response = PlainTextResponse(f"Code: {code}. DB::Exception: {message}. ({_NAMES[code]})\n", status, more)
    await _send(response, send)


async def _send(response: Response, send: Send) -> None:
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": bytes(response.body)})
