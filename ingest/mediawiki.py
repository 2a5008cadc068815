"""MediaWiki's own API: who is in a category. Asks politely, believes little, gives up in time.

Source: https://www.mediawiki.org/wiki/API:Categorymembers, https://www.mediawiki.org/wiki/API:Etiquette,
https://www.mediawiki.org/wiki/Manual:Maxlag_parameter
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

import aiohttp
import stamina
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingest.retry_after import read_retry_after
from processors import metrics as m
from processors.errors import SourceUnavailable
from processors.judging.contributions import CategoryRef
from processors.metrics import Metrics

WIKIMEDIA = "https://{wiki}/w/api.php"
"""Where the API of Wikimedia's wikis is; `{wiki}` stands for the server name."""
MAXLAG_SECONDS = 5
"""A wiki whose copies are further behind than this is asked again later: it has other things to do."""
ATTEMPTS = 5
ANSWER_SECONDS = 30.0
MOST_ANSWER_BYTES = 8 * 2**20
_CATEGORY = 14


@dataclass(frozen=True, slots=True)
class Member:
    """A page in a category, by its prefixed title."""

    title: str
    namespace: int

    @property
    def is_category(self) -> bool:
        return self.namespace == _CATEGORY


@dataclass(frozen=True, slots=True)
class Members:
    """Some of the pages in a category, as the wiki had them at `at`."""

    category: CategoryRef
    members: tuple[Member, ...]
    at: datetime
    """When the answer was there."""


class TreeTooLarge(Exception):
    """A category and its subcategories hold more pages than are listed; those that were given are right."""


class _AskAgain(Exception):
    """The same question may be answered later.

    Args:
        retry_after: seconds that the wiki asks to wait.
    """

    def __init__(self, reason: str, detail: str, retry_after: float | None = None) -> None:
        self.reason, self.retry_after = reason, retry_after
        super().__init__(detail)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Member(_Model):
    ns: int
    title: str


class _Query(_Model):
    categorymembers: tuple[_Member, ...]


class _Error(_Model):
    code: str
    info: str = ""


class _Answer(_Model):
    query: _Query | None = None
    error: _Error | None = None
    next: dict[str, str] | None = Field(default=None, alias="continue")


class MediaWiki:
    """The API of any number of wikis. Belongs to one event loop; open it with `async with`.

    Args:
        address: of api.php; `{wiki}` in it stands for the server name.
        clock: tells when an answer was there.
        longest_wait: most seconds between two attempts; a wiki that asks for more is left alone.
    """

    def __init__(
        self,
        address: str,
        *,
        user_agent: str,
        metrics: Metrics,
        clock: Callable[[], datetime],
        answer_seconds: float = ANSWER_SECONDS,
        first_wait: float = 1.0,
        longest_wait: float = 60.0,
    ) -> None:
        self._address = address
        self._user_agent = user_agent
        self._metrics = metrics
        self._clock = clock
        self._timeout = aiohttp.ClientTimeout(total=answer_seconds)
        self._first_wait = first_wait
        self._longest_wait = longest_wait
        self._opened = AsyncExitStack()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        session = aiohttp.ClientSession(timeout=self._timeout, headers={"User-Agent": self._user_agent})
        self._session = await self._opened.enter_async_context(session)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._opened.aclose()

    async def tree(self, root: CategoryRef, depth: int, limit: int) -> AsyncIterator[Members]:
        """Yield who is in a category and, `depth` levels down, in its subcategories; each category once, parents first.

        Raises:
            TreeTooLarge: there are more than `limit` members.
            SourceUnavailable: the wiki did not answer, or refused.
        """
        seen = {root.category}
        level = [root.category]
        left = limit
        for _ in range(depth + 1):
            below: list[str] = []
            for category in level:
                async for some in self.members(CategoryRef(root.wiki, category)):
                    kept = some.members[:left]
                    left -= len(kept)
                    yield Members(some.category, kept, some.at)
                    if len(kept) < len(some.members):
                        raise TreeTooLarge
                    below += [one.title for one in kept if one.is_category and one.title not in seen]
                    seen.update(below)
            level = below

    async def members(self, category: CategoryRef) -> AsyncIterator[Members]:
        """Yield who is in one category, a few hundred at a time.

        Raises:
            SourceUnavailable: the wiki did not answer, or refused.
        """
        asked = {"cmtitle": category.category, "cmprop": "title", "cmtype": "page|subcat|file", "cmlimit": "max"}
        following: dict[str, str] = {}
        while True:
            answer = await self._ask(category.wiki, {"list": "categorymembers", **asked, **following})
            assert answer.query is not None, "looked at when it came"
            members = tuple(Member(one.title, one.ns) for one in answer.query.categorymembers)
            yield Members(category, members, self._clock())
            if not answer.next:
                return
            if answer.next == following:
                raise self._failed(category.wiki, "endless", "its list goes on from where it went on before")
            following = answer.next

    async def _ask(self, wiki: str, params: dict[str, str]) -> _Answer:
        """One question, asked again while there is hope."""
        query = {"action": "query", "format": "json", "formatversion": "2", "maxlag": str(MAXLAG_SECONDS), **params}
        try:
            async for attempt in stamina.retry_context(
                on=self._wait,
                attempts=ATTEMPTS,
                timeout=None,
                wait_initial=self._first_wait,
                wait_max=self._longest_wait,
                wait_jitter=self._first_wait,
            ):
                with attempt:
                    return await self._ask_once(wiki, query)
        except _AskAgain as error:
            raise SourceUnavailable(f"{wiki}: {error}", reason=error.reason, retry_after=error.retry_after) from error
        raise AssertionError("the last attempt returns or raises")

    def _wait(self, error: Exception) -> bool | float:
        if not isinstance(error, _AskAgain):
            return False
        self._metrics.count(m.MEDIAWIKI_FAILURES, reason=error.reason)
        if error.retry_after is None:
            return True
        return error.retry_after if error.retry_after <= self._longest_wait else False

    async def _ask_once(self, wiki: str, query: dict[str, str]) -> _Answer:
        assert self._session is not None, "open it with `async with`"
        self._metrics.count(m.MEDIAWIKI_REQUESTS)
        url = self._address.replace("{wiki}", wiki)
        try:
            async with self._session.get(url, params=query, allow_redirects=False) as response:
                wait = read_retry_after(response.headers.get("Retry-After"), time.time())
                if response.status in (429, 500, 502, 503, 504):
                    raise _AskAgain(f"http_{response.status}", f"it answers {response.status}", wait)
                if response.status != 200:
                    raise self._refused(wiki, response)
                body = await _read(response)
        except TimeoutError as error:
            raise _AskAgain("timeout", f"no answer in {self._timeout.total:g} seconds") from error
        except (aiohttp.ClientError, OSError) as error:
            raise _AskAgain("unreachable", f"{type(error).__name__}: {error}"[:500]) from error
        if len(body) > MOST_ANSWER_BYTES:
            raise self._failed(wiki, "too_long", f"its answer is longer than {MOST_ANSWER_BYTES:,} bytes")
        return self._understood(wiki, body, wait)

    def _understood(self, wiki: str, body: bytes, wait: float | None) -> _Answer:
        try:
            answer = _Answer.model_validate_json(body)
        except ValidationError as error:
            raise _AskAgain("garbled", "its answer is not what the API answers") from error
        if answer.error is not None:
            if answer.error.code in ("maxlag", "ratelimited", "readonly"):
                raise _AskAgain(answer.error.code, f"it is busy ({answer.error.code})", wait)
            raise self._failed(wiki, "api_error", f"{answer.error.info} ({answer.error.code})")
        if answer.query is None:
            raise _AskAgain("garbled", "its answer holds no list")
        return answer

    def _refused(self, wiki: str, response: aiohttp.ClientResponse) -> SourceUnavailable:
        where = response.headers.get("Location", "")
        if 300 <= response.status < 400:
            return self._failed(wiki, "redirect", f"it sends us to {where[:200]!r}; nobody is followed")
        return self._failed(wiki, f"http_{response.status}", f"it answers {response.status} {response.reason or ''}")

    def _failed(self, wiki: str, reason: str, detail: str) -> SourceUnavailable:
        self._metrics.count(m.MEDIAWIKI_FAILURES, reason=reason)
        return SourceUnavailable(f"{wiki}: {detail}".strip(), reason=reason)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body, or a little more than the longest that is read."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > MOST_ANSWER_BYTES:
            break
    return bytes(body)
