"""Feeds of alerts: `AlertFeed` over the store."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime

from deploy.answers.board_asking import Asking
from deploy.answers.explaining import stored_program
from processors.alerts.alerts import LIVE, Alert, AlertKind, AlertState
from processors.alerts.showing import shown
from processors.errors import InvalidInput
from processors.ports.alerts import MOST, Feed, FeedFilter, ShownAlert, Standing
from processors.privacy.pseudonyms import Masks
from processors.programs.program import Program, Visibility
from storage.alert_feeds import ClickHouseAlertFeeds, Found, Scope
from storage.clickhouse import ClickHouseStore
from storage.statistics import EVERYBODY

_LISTED = (Visibility.PUBLIC,)
_LINKED = (Visibility.PUBLIC, Visibility.UNLISTED)
_CURSOR = re.compile(r"(\d{1,10})\.([0-9a-f]{32})\.(.+)", re.DOTALL)
_NEWEST = (2**32, "", "")


class StoreAlertFeeds:
    """Answers of the store, read in threads; `read_` ones are synchronous and serve the command line.

    These see private programs too, and show real names when told to with `names`.
    """

    def __init__(self, store: ClickHouseStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._feeds = ClickHouseAlertFeeds(store.connections)
        self._clock = clock
        self._asking = Asking(store, clock)
        self._visibilities: Collection[Visibility] = _LINKED

    def to(self, visibilities: Collection[Visibility]) -> StoreAlertFeeds:
        """As `AlertFeed.to`."""
        other = copy(self)
        other._visibilities = visibilities
        return other

    async def of_program(self, slug: str, wanted: FeedFilter) -> Feed | None:
        return await asyncio.to_thread(self.read_program, slug, wanted, self._visibilities)

    async def of_campaign(self, slug: str, wanted: FeedFilter) -> Feed | None:
        return await asyncio.to_thread(self.read_campaign, slug, wanted, _LINKED)

    async def of_page(self, wiki: str, title: str, wanted: FeedFilter) -> Feed:
        return await asyncio.to_thread(self.read_page, wiki, title, wanted, _LISTED)

    async def of_user(self, user: str, wanted: FeedFilter) -> Feed:
        return await asyncio.to_thread(self.read_user, user, wanted, _LISTED)

    def read_program(
        self,
        slug: str,
        wanted: FeedFilter,
        visibilities: Collection[Visibility] = EVERYBODY,
        *,
        names: bool = False,
    ) -> Feed | None:
        """As `AlertFeed.of_program`."""
        program = self._program(slug, visibilities)
        if program is None:
            return None
        return self._feed(program[0].title, Scope([slug], visibilities), wanted, names=names)

    def read_campaign(
        self, slug: str, wanted: FeedFilter, visibilities: Collection[Visibility] = EVERYBODY, *, names: bool = False
    ) -> Feed | None:
        """As `AlertFeed.of_campaign`."""
        rows = self._store.campaign_programs(slug, visibilities) if slug else []
        if not rows:
            return None
        slugs = [stored_program(row.definition).slug for row in rows]
        return self._feed(slug, Scope(slugs, visibilities), wanted, names=names)

    def read_page(
        self,
        wiki: str,
        title: str,
        wanted: FeedFilter,
        visibilities: Collection[Visibility] = EVERYBODY,
        *,
        names: bool = False,
    ) -> Feed:
        """As `AlertFeed.of_page`."""
        page = (wiki, title)
        slugs = self._feeds.programs_with(visibilities, page)
        return self._feed(f"{title} ({wiki})", Scope(slugs, visibilities, page=page), wanted, names=names)

    def read_user(
        self, user: str, wanted: FeedFilter, visibilities: Collection[Visibility] = EVERYBODY, *, names: bool = False
    ) -> Feed:
        """As `AlertFeed.of_user`."""
        known = sorted(self._asking.people.names(user, self._clock()))
        slugs = self._feeds.programs_with(visibilities, users=known)
        if not names:
            slugs = [
                slug for slug in slugs
                if self._masks(self._program(slug, visibilities), visibilities).of(known) is None
            ]  # fmt: skip
        return self._feed(user, Scope(slugs, visibilities, users=known), wanted, names=names)

    def _program(self, slug: str, visibilities: Collection[Visibility]) -> tuple[Program, int] | None:
        found = self._store.definition(slug, visibilities)
        return (stored_program(found[1]), found[0]) if found else None

    def _masks(self, program: tuple[Program, int] | None, visibilities: Collection[Visibility]) -> Masks:
        return self._asking.people.masks([program], visibilities) if program else Masks(everyone=True)

    def _feed(self, title: str, scope: Scope, wanted: FeedFilter, *, names: bool) -> Feed:
        limit = max(1, min(wanted.limit, MOST))
        states = _states(wanted.state)
        scope = replace(
            scope,
            decisions=self._feeds.decisions(scope.programs),
            states=states,
            since=int(wanted.since.timestamp()) if wanted.since else 0,
            ids=wanted.ids,
            everything=wanted.state is not Standing.LIVE,
        )
        now = self._clock()
        counts = self._feeds.counts(scope, now)
        kinds = wanted.kinds or frozenset(AlertKind)
        found = self._feeds.page(scope, kinds, _place(wanted.cursor), limit + 1, now)
        return Feed(
            title=title,
            alerts=tuple(self._shown(found[:limit], scope, names=names)),
            counts={kind: one.number for kind, one in sorted(counts.items()) if one.number},
            freshness=self._asking.freshness(),
            next_cursor=_cursor(found[limit - 1].alert) if len(found) > limit else "",
            muted={
                "acknowledged": sum(one.acknowledged for one in counts.values()),
                "muted": sum(one.muted for one in counts.values()),
            },
        )

    def _shown(self, found: Sequence[Found], scope: Scope, *, names: bool) -> Iterable[ShownAlert]:
        programs = {slug: self._program(slug, scope.visibilities) for slug in {one.alert.program for one in found}}
        masks = {
            slug: Masks() if names else self._masks(program, scope.visibilities) for slug, program in programs.items()
        }
        for one in found:
            alert, program = one.alert, programs[one.alert.program]
            decided = scope.decisions.get(alert.program)
            seen = decided.seen(alert) if decided else None
            yield ShownAlert(
                alert=shown(alert, masks[alert.program], lambda user: self._asking.people.names(user, self._clock())),
                program_title=program[0].title if program else "",
                acknowledged_by=seen.by if seen else "",
                acknowledged_at=seen.at if seen else None,
                muted=one.muted,
            )


def _states(state: Standing | AlertState) -> Collection[AlertState]:
    match state:
        case Standing.LIVE:
            return LIVE
        case Standing.ALL:
            return tuple(AlertState)
    return (state,)


def _place(cursor: str) -> tuple[int, str, str]:
    if not cursor:
        return _NEWEST
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise InvalidInput("cursor: it is `next` of an earlier answer")
    return int(found[1]), found[3], found[2]


def _cursor(alert: Alert) -> str:
    return f"{int(alert.changed_at.timestamp())}.{alert.alert_id}.{alert.program}"
