"""Alerts as Atom and RSS, for feed readers: an entry for each step, the newest first."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from feedgenerator import Atom1Feed, Rss201rev2Feed

from processors.alerts.changes import AlertChange
from processors.alerts.notices import Notice
from processors.alerts.payloads import notices
from processors.alerts.wording import line, say
from processors.ports.alerts import ShownAlert
from processors.privacy.pseudonyms import Masks

MOST_ENTRIES = 100
BEGINNING = datetime(2001, 1, 15, tzinfo=UTC)
"""When a feed without entries was last changed."""


class FeedFormat(StrEnum):
    ATOM = "atom"
    RSS = "rss"

    @property
    def media_type(self) -> str:
        return f"application/{self}+xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Channel:
    """What a feed is about."""

    about: str
    """What identifies it for ever: `programs/wir`."""
    title: str
    page: str
    """Address of its page; may lack the host."""
    address: str
    """Its own address, likewise."""


@dataclass(frozen=True, slots=True)
class Written:
    """A feed as it is sent."""

    body: bytes
    changed_at: datetime
    """Of its newest entry."""


def write_feed(alerts: Iterable[ShownAlert], channel: Channel, format: FeedFormat, base_url: str) -> Written:
    """The feed, without what is muted; the same alerts make the same bytes.

    Args:
        base_url: where this installation is reached; empty: addresses in it lack the host.
    """
    entries = sorted(
        (notice for one in alerts if not one.muted for notice in _notices(one, base_url)),
        key=lambda notice: (notice.at, notice.message_id),
        reverse=True,
    )[:MOST_ENTRIES]
    changed_at = entries[0].at if entries else BEGINNING
    feed = (_Atom if format is FeedFormat.ATOM else _Rss)(
        title=line(channel.title, 200),
        link=f"{base_url}{channel.page}",
        description="Deletion requests, deletions and other alerts, as they happen",
        author_name="wikitally",
        feed_url=f"{base_url}{channel.address}",
        feed_guid=_urn(channel.about),
        changed_at=changed_at,
    )
    for notice in entries:
        _add(feed, notice, f"{base_url}{channel.page}")
    return Written(feed.writeString("utf-8").encode(), changed_at)


def _notices(one: ShownAlert, base_url: str) -> Iterable[Notice]:
    # Names that are hidden are not in what a feed shows: there is nothing to mask any more.
    return notices(AlertChange(one.alert, one.alert.steps), one.program_title, base_url, Masks())


def _add(feed: Any, notice: Notice, page: str) -> None:
    said = say(notice)
    feed.add_item(
        title=said.headline,
        link=said.url or page,
        description="<br>".join(f"{html.escape(one.label)}: {_anchor(one.text, one.url)}" for one in said.lines),
        pubdate=notice.at,
        updateddate=notice.at,
        unique_id=_urn(notice.message_id),
        unique_id_is_permalink=False,
        categories=(str(notice.kind), str(notice.state)),
    )


def _anchor(text: str, url: str) -> str:
    shown = html.escape(text)
    return f'<a href="{html.escape(url)}">{shown}</a>' if url else shown


def _urn(name: str) -> str:
    """An id that stays when the site moves to another address."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'wikitally:{name}')}"


class _Stable:
    """A feed that was changed when its newest entry was, not when it is asked for."""

    feed: dict[str, Any]

    def latest_post_date(self) -> datetime:
        changed_at: datetime = self.feed["changed_at"]
        return changed_at


class _Atom(_Stable, Atom1Feed):  # type: ignore[misc]
    pass


class _Rss(_Stable, Rss201rev2Feed):  # type: ignore[misc]
    pass
