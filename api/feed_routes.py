"""Feeds of alerts for feed readers: `/programs/{slug}/alerts.atom`, `.rss`, and the same of campaigns."""

from __future__ import annotations

from datetime import UTC
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.auth import Access, Refusal, Seen
from api.feed_render import Channel, FeedFormat, Written, write_feed
from api.models import ProblemAnswer
from api.render import freshness_headers
from processors.alerts.alerts import AlertKind
from processors.ports.alerts import AlertFeed, Feed, FeedFilter, Standing

MAX_AGE = 60
"""Seconds for which nobody need ask again."""

_Kinds = Annotated[list[AlertKind] | None, Query(description="only these kinds; may be repeated")]
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/atom+xml": {}, "application/rss+xml": {}}},
    304: {"description": "nothing has changed"},
    404: {"model": ProblemAnswer, "description": "no such program, or a private one"},
    503: {"model": ProblemAnswer, "description": "the store is away; try again"},
}


def router(feeds: AlertFeed, access: Access, base_url: str = "") -> APIRouter:
    """All routes. A private program's feed is there for those whose token says so.

    Args:
        base_url: where this installation is reached; empty: addresses in feeds lack the host.
    """
    api = APIRouter(tags=["alerts"], responses=_PROBLEMS)
    base = base_url.rstrip("/")
    mine = access.seen(feeds)

    @api.api_route("/programs/{slug}/alerts.{format}", methods=["GET", "HEAD"], response_class=Response)
    async def of_program(
        request: Request, slug: str, format: FeedFormat, kind: _Kinds = None, seen: Seen[AlertFeed] = mine
    ) -> Response:
        """The newest alerts of a program, an entry for each step."""
        feed = await seen.port.of_program(slug, _wanted(kind))
        if feed is None:
            raise seen.missing()
        return _answer(
            request, feed, _channel("programs", slug, feed.title, format), format, base, private=seen.private
        )

    @api.api_route("/campaigns/{slug}/alerts.{format}", methods=["GET", "HEAD"], response_class=Response)
    async def of_campaign(request: Request, slug: str, format: FeedFormat, kind: _Kinds = None) -> Response:
        """Those of all programs of a campaign that are not private."""
        feed = await feeds.of_campaign(slug, _wanted(kind))
        if feed is None:
            raise Refusal(404, "no_such_campaign", f"There is no campaign {slug!r}.")
        return _answer(request, feed, _channel("campaigns", slug, feed.title, format), format, base, private=False)

    return api


def _wanted(kinds: list[AlertKind] | None) -> FeedFilter:
    return FeedFilter(kinds=frozenset(kinds or ()), state=Standing.ALL)


def _channel(room: str, slug: str, title: str, format: FeedFormat) -> Channel:
    page = f"/{room}/{quote(slug)}"
    board = page if room == "programs" else f"/api/v1{page}"
    return Channel(f"{room}/{slug}", f"{title}: alerts", board, f"{page}/alerts.{format}")


def _answer(
    request: Request, feed: Feed, channel: Channel, format: FeedFormat, base: str, *, private: bool
) -> Response:
    written = write_feed(feed.alerts, channel, format, base)
    etag = f'"{sha256(written.body).hexdigest()[:32]}"'
    headers = {
        **freshness_headers(feed.freshness),
        "ETag": etag,
        "Last-Modified": format_datetime(written.changed_at, usegmt=True),
        "Cache-Control": f"{'private' if private else 'public'}, max-age={MAX_AGE}",
        "Vary": "Authorization",
    }
    if _known(request, etag, written):
        return Response(status_code=304, headers=headers)
    body = b"" if request.method == "HEAD" else written.body
    return Response(body, headers=headers, media_type=format.media_type)


def _known(request: Request, etag: str, written: Written) -> bool:
    """Whether the reader has it as it is (RFC 9110, 13.2.2: the tag is what counts, if there is one)."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in tags.split(",")]
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except (TypeError, ValueError):
        return False
    since = since if since.tzinfo else since.replace(tzinfo=UTC)
    return written.changed_at.replace(microsecond=0) <= since
